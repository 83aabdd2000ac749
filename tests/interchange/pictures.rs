//! Pictures.

use pointwise::interchange::image::{ImageFault, ImageOptions, Resize, load};
use pointwise::interchange::npy;

use crate::damage::{change_anywhere, cut_everywhere, random_bytes};

const PNG: &[u8] = include_bytes!("rgb.png");
const JPEG: &[u8] = include_bytes!("rgb.jpg");
const BMP: &[u8] = include_bytes!("rgb.bmp");
const PPM: &[u8] = include_bytes!("rgb.ppm");

/// Samples in 0..1 as they are.
fn plain(channels: usize, height: usize, width: usize) -> ImageOptions {
    let (mean, std) = (vec![0.0; channels], vec![1.0; channels]);
    ImageOptions { resize: Resize::Stretch, mean, std, ..ImageOptions::for_input(channels, height, width) }
}

fn samples(file: &[u8], options: &ImageOptions) -> Vec<f32> {
    load(file, options).expect("it is read").data().to_vec()
}

fn furthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The picture of `make.py`: rows · 11, columns · 6, rows · columns · 7 modulo 256.
fn pattern() -> Vec<f32> {
    let at = |c: usize, y: usize, x: usize| [y * 11, x * 6, y * x * 7][c] as u8;
    (0..3).flat_map(|c| (0..23).flat_map(move |y| (0..37).map(move |x| f32::from(at(c, y, x)) / 255.0))).collect()
}

#[test]
fn lossless_formats_give_the_same_picture() {
    for file in [PNG, BMP, PPM] {
        assert!(furthest(&samples(file, &plain(3, 23, 37)), &pattern()) < 1e-6);
    }
    // The third channel is noise, which JPEG smears: on the first two it stays close.
    for file in [JPEG, include_bytes!("progressive.jpg")] {
        let got = samples(file, &plain(3, 23, 37));
        let mean = got.iter().zip(pattern()).take(2 * 23 * 37).map(|(a, b)| (a - b).abs()).sum::<f32>() / (2.0 * 23.0 * 37.0);
        assert!(mean < 0.1, "{mean}");
    }
}

#[test]
fn resizing_is_pillows() {
    let expected = |file: &[u8]| npy::read(file).expect("it is read").data().to_vec();
    let stretched = samples(PNG, &plain(3, 12, 16));
    assert!(furthest(&stretched, &expected(include_bytes!("stretched.npy"))) < 1e-6);
    let enlarged = samples(PNG, &plain(3, 40, 50));
    assert!(furthest(&enlarged, &expected(include_bytes!("enlarged.npy"))) < 1e-6);
    let options = ImageOptions { resize: Resize::Crop { keep: 0.875 }, ..plain(3, 14, 14) };
    assert!(furthest(&samples(PNG, &options), &expected(include_bytes!("cropped.npy"))) < 1e-6);
}

#[test]
fn normalisation_is_imagenets_unless_set() {
    let options = ImageOptions { resize: Resize::Stretch, ..ImageOptions::for_input(3, 23, 37) };
    let (got, pattern) = (samples(PNG, &options), pattern());
    // Blue of the last pixel: 22 · 36 · 7 = 5544, 168 modulo 256.
    let last = got.len() - 1;
    assert!((pattern[last] * 255.0 - 168.0).abs() < 1e-3);
    assert!((got[last] - (168.0 / 255.0 - 0.406) / 0.225).abs() < 1e-6);
    assert!((got[0] - (0.0 - 0.485) / 0.229).abs() < 1e-6);
}

#[test]
fn greys_alphas_and_depths_are_read_as_stated() {
    // 16 bits: 13107 / 65535 = 0.2, repeated for three channels.
    let grey = samples(include_bytes!("grey16.png"), &plain(3, 1, 3));
    assert!(furthest(&grey, &[0.0, 0.2, 1.0, 0.0, 0.2, 1.0, 0.0, 0.2, 1.0]) < 1e-6);
    // Alpha 255, 51 and 0 over black: the colour, a fifth of it, nothing.
    let rgba = samples(include_bytes!("rgba.png"), &plain(3, 1, 3));
    let over = |x: f32| [x / 255.0, x / 1275.0, 0.0];
    assert!(furthest(&rgba, &[over(200.0), over(100.0), over(50.0)].concat()) < 1e-6);
    let grey_alpha = samples(include_bytes!("grey_alpha.png"), &plain(1, 1, 2));
    assert!(furthest(&grey_alpha, &[200.0 / 255.0, 40.0 / 255.0]) < 1e-6);
    // Colour to one channel: 0.299 R + 0.587 G + 0.114 B, where Pillow rounds to bytes.
    let luma = samples(PNG, &plain(1, 23, 37));
    assert!(furthest(&luma, &samples(include_bytes!("grey.png"), &plain(1, 23, 37))) < 0.51 / 255.0);
    assert_eq!(load(include_bytes!("grey.jpg"), &plain(3, 23, 37)).map(|t| t.dims().to_vec()), Ok(vec![1, 3, 23, 37]));
    assert!(load(include_bytes!("palette.png"), &plain(3, 23, 37)).is_ok());
}

#[test]
fn cmyk_is_refused_by_name() {
    let refused = load(include_bytes!("cmyk.jpg"), &plain(3, 8, 8));
    assert!(matches!(refused, Err(ImageFault::Colour { ref what }) if what.contains("CMYK")), "{refused:?}");
}

#[test]
fn a_palette_is_of_whole_colours() {
    let refused = load(include_bytes!("part_of_a_colour.png"), &plain(3, 23, 37));
    let reason = "its palette ends in the middle of a colour".to_owned();
    assert_eq!(refused, Err(ImageFault::Damaged { reason }));
}

#[test]
fn bombs_are_refused_before_they_are_decoded() {
    let refused = load(include_bytes!("bomb.png"), &plain(3, 8, 8));
    assert_eq!(refused, Err(ImageFault::TooLarge { width: 30_000, height: 30_000 }));
    let header = b"P6 40000 1 255\n";
    assert_eq!(load(header, &plain(3, 8, 8)), Err(ImageFault::TooLarge { width: 40_000, height: 1 }));
}

/// Scaled to cover a square, a line of 8192 pixels is two million wide; only the crop is computed.
#[test]
fn a_crop_of_an_extreme_aspect_is_cheap() {
    let line = [b"P5 8192 1 255\n", &[128; 8192][..]].concat();
    let cropped = samples(&line, &ImageOptions::for_input(1, 224, 224));
    assert!(cropped.iter().all(|x| (x - 128.0 / 255.0).abs() < 1e-6));
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let option = |options: ImageOptions| load(PNG, &options).expect_err("it is refused");
    assert_eq!(option(plain(4, 8, 8)), ImageFault::Channels { channels: 4 });
    for bad in [
        ImageOptions { mean: vec![0.0], ..plain(3, 8, 8) },
        ImageOptions { std: vec![0.0, 1.0, 1.0], ..plain(3, 8, 8) },
        ImageOptions { std: vec![f32::NAN, 1.0, 1.0], ..plain(3, 8, 8) },
        ImageOptions { mean: vec![f32::INFINITY, 1.0, 1.0], ..plain(3, 8, 8) },
        ImageOptions { resize: Resize::Crop { keep: 0.0 }, ..plain(3, 8, 8) },
        ImageOptions { resize: Resize::Crop { keep: 1.5 }, ..plain(3, 8, 8) },
        ImageOptions { resize: Resize::Crop { keep: 1e-300 }, ..plain(3, 8, 8) },
        plain(3, 0, 8),
        plain(3, usize::MAX, 8),
    ] {
        assert!(matches!(option(bad.clone()), ImageFault::Option { .. }), "{bad:?}");
    }
}

#[test]
fn other_files_are_no_pictures() {
    for file in [&b"GIF89a\x01\x00\x01\x00"[..], b"", b"net a {}", b"%PDF-1.7"] {
        assert_eq!(load(file, &plain(3, 8, 8)), Err(ImageFault::Unknown));
    }
}

#[test]
fn damage_is_survived() {
    let options = plain(3, 8, 8);
    let accepts = |bytes: &[u8]| load(bytes, &options).is_ok();
    for file in [PNG, JPEG, include_bytes!("progressive.jpg"), BMP, PPM, include_bytes!("grey16.png")] {
        cut_everywhere(file, accepts);
        change_anywhere(file, 300, |bytes| drop(load(bytes, &options)));
        random_bytes(&file[..20], 200, accepts);
    }
}
