//! Pictures as network inputs: PNG, JPEG, BMP and PNM to `[1, C, H, W]`.
//!
//! What happens to a picture, in this order: samples of 8 or 16 bits become 0..1; alpha is composited over black; grey is
//! repeated for three channels, colour becomes luma (ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B) for one; the picture is
//! resized (bilinear, antialiased) and cropped; then `(x - mean) / std` for each channel. The file's first bytes say what it
//! is, not its name. Orientation tags and colour profiles are not applied. CMYK and 12-bit JPEG are refused. Sizes are
//! compared with limits before any pixel is decoded.

use std::io::Cursor;

use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use thiserror::Error;

use super::jpeg::{self, JpegFault};
use super::resample::{Axis, plane, plane_bytes};
use crate::tensor::Tensor;

/// The most pixels of a picture that is decoded: 2^26, an 8192 x 8192 picture.
pub const MAX_PIXELS: u64 = 1 << 26;

/// The largest width or height of a picture that is decoded.
pub const MAX_SIDE: u32 = 1 << 15;

/// Bytes that a decoder may take whatever is allowed.
const MAX_ALLOC: u64 = 1 << 30;

/// Bytes that a decoder takes for tables, rows and buffers of its own.
const DECODER_BYTES: u64 = 1 << 20;

/// Bytes that a picture may take beside its file where nothing else is said.
const MAX_BYTES: u64 = 1 << 32;

/// How a picture gets its size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Resize {
    /// Both sides to the size, whatever the aspect.
    Stretch,
    /// The picture is scaled to cover `size / keep` and its centre is cut out: torchvision's resize to 256 and crop to 224 is
    /// `keep` 0.875.
    Crop {
        /// Share of the covered side that is kept, over 0 and at most 1.
        keep: f64,
    },
}

/// What to make of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageOptions {
    /// Channels: 1 or 3.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// How it gets its size.
    pub resize: Resize,
    /// Subtracted from samples in 0..1, one value a channel.
    pub mean: Vec<f32>,
    /// Then divided by, one value a channel.
    pub std: Vec<f32>,
    /// Bytes that the picture may take beside the file, on its way to the tensor.
    pub max_bytes: u64,
}

impl ImageOptions {
    /// What torchvision's classification models expect: centre crop of 0.875, ImageNet's mean and deviation for three
    /// channels; for one channel samples stay in 0..1.
    #[must_use]
    pub fn for_input(channels: usize, height: usize, width: usize) -> Self {
        let (mean, std) = if channels == 3 {
            (vec![0.485, 0.456, 0.406], vec![0.229, 0.224, 0.225])
        } else {
            (vec![0.0; channels], vec![1.0; channels])
        };
        Self { channels, height, width, resize: Resize::Crop { keep: 0.875 }, mean, std, max_bytes: MAX_BYTES }
    }
}

/// Why a picture cannot be used.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ImageFault {
    /// The bytes are no picture of a known format.
    #[error("not a PNG, JPEG, BMP or PNM picture")]
    Unknown,
    /// More pixels than are decoded.
    #[error("the picture is {width} x {height}; at most {MAX_PIXELS} pixels and {MAX_SIDE} a side are decoded")]
    TooLarge {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// It would take more memory than it may.
    #[error("decoding takes {needed} bytes, {allowed} are allowed")]
    Memory {
        /// Bytes that it takes beside the file.
        needed: u64,
        /// Bytes that it may take.
        allowed: u64,
    },
    /// The file ends before the picture does.
    #[error("the file is cut short")]
    Cut,
    /// A colour space or depth that is not read.
    #[error("{what} is not read: convert the picture to 8-bit RGB")]
    Colour {
        /// "a picture of 4 components (CMYK)".
        what: String,
    },
    /// The decoder gave up.
    #[error("the picture is damaged: {reason}")]
    Damaged {
        /// The decoder's reason.
        reason: String,
    },
    /// The network's input is no picture.
    #[error("a picture has 1 or 3 channels, the input has {channels}")]
    Channels {
        /// The input's channels.
        channels: usize,
    },
    /// A setting that makes no sense.
    #[error("{reason}")]
    Option {
        /// What is wrong, as a clause.
        reason: String,
    },
}

/// Decodes a picture and makes the tensor `[1, C, H, W]` of it.
///
/// # Errors
/// The first thing found wrong with the options, then with the file; what it takes is compared with what it may take before a
/// pixel is decoded.
pub fn load(bytes: &[u8], options: &ImageOptions) -> Result<Tensor, ImageFault> {
    check(options)?;
    let picture = decode(bytes, options)?;
    let planes = Planes::of(&picture, options.channels);
    drop(picture);
    let (rows, columns) = axes(planes.height, planes.width, options)?;
    let mut data = Vec::with_capacity(options.channels * options.height * options.width);
    for channel in 0..options.channels {
        let (mean, std) = (f64::from(options.mean[channel]), f64::from(options.std[channel]));
        let samples = plane(planes.channel(channel), rows, columns);
        data.extend(samples.iter().map(|x| ((x - mean) / std) as f32));
    }
    Ok(Tensor::new(vec![1, options.channels, options.height, options.width], data))
}

fn check(options: &ImageOptions) -> Result<(), ImageFault> {
    let option = |reason: String| Err(ImageFault::Option { reason });
    if !matches!(options.channels, 1 | 3) {
        return Err(ImageFault::Channels { channels: options.channels });
    }
    if options.mean.len() != options.channels || options.std.len() != options.channels {
        return option(format!(
            "{} means and {} deviations are given for {} channels",
            options.mean.len(),
            options.std.len(),
            options.channels
        ));
    }
    if let Some(bad) = options.std.iter().find(|s| !(s.is_finite() && **s > 0.0)) {
        return option(format!("a deviation must be positive, not {bad}"));
    }
    if let Some(bad) = options.mean.iter().find(|m| !m.is_finite()) {
        return option(format!("a mean must be finite, not {bad}"));
    }
    if options.height == 0 || options.width == 0 || options.height.saturating_mul(options.width) as u64 > MAX_PIXELS {
        return option(format!("a picture cannot become {} x {}", options.width, options.height));
    }
    match options.resize {
        Resize::Crop { keep } if !(keep > 0.0 && keep <= 1.0) => {
            option(format!("the kept share must be over 0 and at most 1, not {keep}"))
        }
        Resize::Crop { .. } | Resize::Stretch => Ok(()),
    }
}

fn damaged(error: &image::ImageError) -> ImageFault {
    let reason = error.to_string();
    #[expect(clippy::wildcard_enum_match_arm, reason = "the library's enum is open; every other error is damage")]
    match error {
        image::ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => ImageFault::Cut,
        image::ImageError::Unsupported(_) => ImageFault::Colour { what: format!("this kind of picture ({reason})") },
        _ => ImageFault::Damaged { reason },
    }
}

fn decode(bytes: &[u8], options: &ImageOptions) -> Result<DynamicImage, ImageFault> {
    let format = image::guess_format(bytes).map_err(|_| ImageFault::Unknown)?;
    #[expect(clippy::wildcard_enum_match_arm, reason = "the library's enum is open; other formats are not built in")]
    match format {
        ImageFormat::Jpeg => jpeg::inspect(bytes).map_err(refuse_jpeg)?,
        ImageFormat::Png if !bytes.windows(PNG_END.len()).rev().any(|w| w == PNG_END) => return Err(ImageFault::Cut),
        // The library takes it for granted.
        ImageFormat::Png if has_part_of_a_colour(bytes) => {
            return Err(ImageFault::Damaged { reason: "its palette ends in the middle of a colour".to_owned() });
        }
        ImageFormat::Png | ImageFormat::Bmp | ImageFormat::Pnm => {}
        _ => return Err(ImageFault::Unknown),
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(options.max_bytes.min(MAX_ALLOC));
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    // The size is compared below, with a message that holds it.
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|e| damaged(&e))?;
    let (width, height) = decoder.dimensions();
    if width > MAX_SIDE || height > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ImageFault::TooLarge { width, height });
    }
    if width == 0 || height == 0 {
        return Err(ImageFault::Damaged { reason: "it has no pixels".to_owned() });
    }
    known_colour(decoder.color_type())?;
    let file = if format == ImageFormat::Jpeg { bytes.len() as u64 } else { 0 };
    let needed = needed_bytes((width, height), decoder.color_type(), options)?.saturating_add(file);
    if needed > options.max_bytes {
        return Err(ImageFault::Memory { needed, allowed: options.max_bytes });
    }
    DynamicImage::from_decoder(decoder).map_err(|e| damaged(&e))
}

/// The most bytes that a picture takes on its way to a tensor: while it is decoded, taken apart, or resized.
fn needed_bytes((width, height): (u32, u32), colour: ColorType, options: &ImageOptions) -> Result<u64, ImageFault> {
    let (rows, columns) = axes(height as usize, width as usize, options)?;
    let pixels = u64::from(width) * u64::from(height);
    let samples = pixels * u64::from(colour.bytes_per_pixel());
    // A progressive JPEG keeps two bytes a coefficient, of whole blocks of up to 32 pixels a side.
    let blocks = (u64::from(width) + 32) * (u64::from(height) + 32) * u64::from(colour.channel_count());
    let decoded = samples + 2 * blocks + DECODER_BYTES;
    let channels = options.channels as u64;
    let (planes, tensor) = (pixels * channels * 4, (options.height * options.width) as u64 * channels * 4);
    let resized = planes + tensor + plane_bytes(rows, columns);
    Ok(decoded.max(samples + planes).max(resized))
}

/// Whether the palette of a PNG file is anything but whole colours, of three bytes each (W3C, PNG 3rd edition, 11.2.2).
fn has_part_of_a_colour(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(8..).unwrap_or_default();
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length);
        if behind.starts_with(b"PLTE") && !length.is_multiple_of(3) {
            return true;
        }
        // The kind before the data, and the checksum behind it.
        rest = usize::try_from(length).ok().and_then(|length| behind.get(length.checked_add(8)?..)).unwrap_or_default();
    }
    false
}

/// The last chunk of every PNG file, with its checksum.
const PNG_END: &[u8; 8] = b"IEND\xae\x42\x60\x82";

fn refuse_jpeg(fault: JpegFault) -> ImageFault {
    match fault {
        JpegFault::Cut => ImageFault::Cut,
        JpegFault::Components(4) => ImageFault::Colour { what: "a JPEG of 4 components (CMYK)".to_owned() },
        JpegFault::Components(n) => ImageFault::Colour { what: format!("a JPEG of {n} components") },
        JpegFault::Bits(n) => ImageFault::Colour { what: format!("a JPEG of {n} bits a sample") },
    }
}

fn known_colour(colour: ColorType) -> Result<(), ImageFault> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the library's enum is open; others are refused by name")]
    match colour {
        ColorType::L8
        | ColorType::La8
        | ColorType::Rgb8
        | ColorType::Rgba8
        | ColorType::L16
        | ColorType::La16
        | ColorType::Rgb16
        | ColorType::Rgba16 => Ok(()),
        other => Err(ImageFault::Colour { what: format!("a picture of {other:?}") }),
    }
}

/// Samples in 0..1, one plane a channel.
struct Planes {
    height: usize,
    width: usize,
    data: Vec<f32>,
}

impl Planes {
    fn of(picture: &DynamicImage, channels: usize) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let samples = Samples::of(picture);
        let pixels = width * height;
        let mut data = vec![0.0; pixels * channels];
        for pixel in 0..pixels {
            let rgb = samples.rgb(pixel);
            if channels == 1 {
                data[pixel] = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
            } else {
                (0..3).for_each(|c| data[c * pixels + pixel] = rgb[c]);
            }
        }
        Self { height, width, data }
    }

    fn channel(&self, channel: usize) -> &[f32] {
        let pixels = self.height * self.width;
        &self.data[channel * pixels..(channel + 1) * pixels]
    }
}

/// Interleaved samples of a decoded picture.
enum Samples<'a> {
    Bytes(&'a [u8], usize),
    Words(&'a [u16], usize),
}

impl<'a> Samples<'a> {
    fn of(picture: &'a DynamicImage) -> Self {
        let channels = usize::from(picture.color().channel_count());
        match picture.as_flat_samples_u8() {
            Some(bytes) => Self::Bytes(bytes.samples, channels),
            None => Self::Words(picture.as_flat_samples_u16().expect("other depths were refused").samples, channels),
        }
    }

    /// A pixel's colour over black.
    fn rgb(&self, pixel: usize) -> [f32; 3] {
        match self {
            Self::Bytes(samples, channels) => over_black(&samples[pixel * channels..][..*channels], |s| f32::from(*s) / 255.0),
            Self::Words(samples, channels) => over_black(&samples[pixel * channels..][..*channels], |s| f32::from(*s) / 65535.0),
        }
    }
}

fn over_black<T>(samples: &[T], value: impl Fn(&T) -> f32) -> [f32; 3] {
    match samples {
        [grey] => [value(grey); 3],
        [grey, alpha] => [value(grey) * value(alpha); 3],
        [r, g, b] => [value(r), value(g), value(b)],
        [r, g, b, alpha] => [r, g, b].map(|x| value(x) * value(alpha)),
        _ => unreachable!("a pixel has one to four samples"),
    }
}

/// Which part of which resized picture is asked for.
fn axes(height: usize, width: usize, options: &ImageOptions) -> Result<(Axis, Axis), ImageFault> {
    let (rows, columns) = (options.height, options.width);
    let Resize::Crop { keep } = options.resize else {
        let whole = |input, output| Axis { input, output, start: 0, len: output };
        return Ok((whole(height, rows), whole(width, columns)));
    };
    // Rounded, since 224 / 0.875 must be 256.
    let cover = |asked: usize| (asked as f64 / keep).round();
    // The side that needs the larger factor sets it; the other follows, cut off to whole pixels.
    let by_height = cover(rows) * width as f64 >= cover(columns) * height as f64;
    let follow = |input: usize, set: f64, side: usize| (input as f64 * set / side as f64).floor();
    let (tall, wide) = if by_height {
        (cover(rows), follow(width, cover(rows), height).max(columns as f64))
    } else {
        (follow(height, cover(columns), width).max(rows as f64), cover(columns))
    };
    if tall.max(wide) > (1u64 << 40) as f64 {
        return Err(ImageFault::Option { reason: format!("keeping {keep} of the picture resizes it beyond all bounds") });
    }
    let centre = |input: usize, output: f64, len: usize| {
        let start = ((output - len as f64) / 2.0).round_ties_even() as usize;
        Axis { input, output: output as usize, start, len }
    };
    Ok((centre(height, tall, rows), centre(width, wide, columns)))
}
