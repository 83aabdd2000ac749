//! A look at a JPEG file's markers before it is decoded (ITU-T T.81, annex B).
//!
//! The decoder fills a picture that was cut short with grey, and turns CMYK into RGB without the colour profile that says
//! how; neither should reach a network unnoticed. In: bytes. Out: what to refuse. No pixel is decoded here.

/// Why a JPEG file is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JpegFault {
    /// The end-of-image marker is not there.
    Cut,
    /// This many components: neither grey nor YCbCr or RGB.
    Components(u8),
    /// This many bits a sample.
    Bits(u8),
}

/// Walks over the markers from the start to the end of the image.
pub(super) fn inspect(bytes: &[u8]) -> Result<(), JpegFault> {
    let mut at = 2;
    loop {
        at = next_marker(bytes, at)?;
        let marker = bytes[at + 1];
        match marker {
            0xd9 => return Ok(()),
            0x01 | 0xd0..=0xd8 => at += 2,
            _ => {
                let segment = segment(bytes, at + 2)?;
                if is_frame(marker) {
                    frame(segment)?;
                }
                at += 2 + segment.len();
            }
        }
    }
}

/// Where the next marker begins; coded data and fill bytes are passed over.
fn next_marker(bytes: &[u8], from: usize) -> Result<usize, JpegFault> {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.windows(2).position(|w| w[0] == 0xff && !matches!(w[1], 0x00 | 0xff)).map(|i| from + i).ok_or(JpegFault::Cut)
}

/// A segment with its length field.
fn segment(bytes: &[u8], from: usize) -> Result<&[u8], JpegFault> {
    let rest = bytes.get(from..).unwrap_or_default();
    let length = rest.first_chunk::<2>().map(|l| usize::from(u16::from_be_bytes(*l)));
    length.filter(|l| *l >= 2).and_then(|l| rest.get(..l)).ok_or(JpegFault::Cut)
}

/// Start of frame, of any coding; 0xc4, 0xc8 and 0xcc are other segments.
fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

/// Precision and components of a frame header.
fn frame(segment: &[u8]) -> Result<(), JpegFault> {
    match segment {
        [_, _, 8, _, _, _, _, 1 | 3, ..] => Ok(()),
        [_, _, 8, _, _, _, _, components, ..] => Err(JpegFault::Components(*components)),
        [_, _, bits, ..] => Err(JpegFault::Bits(*bits)),
        _ => Err(JpegFault::Cut),
    }
}
