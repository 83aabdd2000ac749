//! Sections that join and move what others made.
//!
//! In: a section. Out: its operations: which channels `[shortcut]` adds, in which order `[reorg]` moves pixels, what `[crop]` does
//! for prediction.

use super::super::listed::Problem;
use super::config::Section;
use super::layers::{activated, activation_word, map, refuse, scaled};
use super::reader::{Reader, Stop};
use crate::graph::NodeId;
use crate::op::{ChannelShuffle, Concat, Elementwise, Merge, Op, Reshape, ScalarOp, Shape, Slice, SpaceToDepth};

fn slice(axis: usize, start: u64, end: u64) -> Op {
    Op::Slice(Slice { axis, start, end: i64::try_from(end).unwrap_or(i64::MAX), step: 1 })
}

/// The middle of an image, as for prediction, its values from 0..1 to -1..1.
pub(super) fn crop(reader: &mut Reader, section: &Section, name: &str) -> Result<NodeId, Stop> {
    let mut node = reader.previous(section)?;
    let (_, size) = map(reader, section, node)?;
    for (at, key) in ["crop_height", "crop_width"].into_iter().enumerate() {
        let (kept, whole) = (section.count(key, 1, 1)?, size[at]);
        let before = whole.checked_sub(kept);
        let before = before
            .ok_or_else(|| Problem::malformed(section.place(key), format!("`{key}` is {kept}, and the map has {whole}")))?
            / 2;
        if kept < whole {
            node = reader.add(section, &format!("{name}.slice"), (slice(at + 1, before, before + kept), &[node]))?;
        }
    }
    if section.flag("noadjust")? {
        return Ok(node);
    }
    let twice = scaled(reader, section, (&format!("{name}.mul"), node), (ScalarOp::Mul, 2.0))?;
    scaled(reader, section, (&format!("{name}.sub"), twice), (ScalarOp::Sub, 1.0))
}

/// The layer before and others; of channels that one side lacks, the layer's own.
pub(super) fn shortcut(reader: &mut Reader, section: &Section, number: usize) -> Result<NodeId, Stop> {
    if let Some(kind) = section.text("weights_type").filter(|kind| *kind != "none") {
        let message = format!("a shortcut whose inputs are weighted (`weights_type={kind}`) is not had here");
        return Err(Problem::unsupported(section.place("weights_type"), message).into());
    }
    let mut own = reader.previous(section)?;
    let name = format!("shortcut{number}");
    let is_scope = number.checked_sub(1).is_some_and(|before| reader.residuals.contains_key(&before));
    let is_plain = !is_scope && activation_word(section, "linear") == "linear";
    for from in section.layers("from", number)? {
        let other = reader.layer(section, from)?;
        let sum = if is_plain { name.clone() } else { format!("{name}.add") };
        own = added(reader, section, (&name, &sum), [own, other])?;
    }
    activated(reader, section, own, (&name, "linear"))
}

fn added(reader: &mut Reader, section: &Section, (name, sum): (&str, &str), [own, other]: [NodeId; 2]) -> Result<NodeId, Stop> {
    let add = || Op::Elementwise(Elementwise { merge: Merge::Add });
    if reader.shape(own) == reader.shape(other) {
        return reader.add(section, sum, (add(), &[own, other]));
    }
    let ((channels, size), (others, other_size)) = (map(reader, section, own)?, map(reader, section, other)?);
    if size != other_size {
        let message =
            format!("it adds maps of {} x {} and {} x {}, which is not had here", size[0], size[1], other_size[0], other_size[1]);
        return Err(Problem::unsupported(section.place("from"), message).help("bring both to one size before").into());
    }
    if others > channels {
        let front = reader.add(section, &format!("{name}.slice"), (slice(0, 0, channels), &[other]))?;
        return reader.add(section, &format!("{name}.add"), (add(), &[own, front]));
    }
    let front = reader.add(section, &format!("{name}.front"), (slice(0, 0, others), &[own]))?;
    let back = reader.add(section, &format!("{name}.back"), (slice(0, others, channels), &[own]))?;
    let front = reader.add(section, &format!("{name}.add"), (add(), &[front, other]))?;
    reader.add(section, &format!("{name}.concat"), (Op::Concat(Concat { axis: 0 }), &[front, back]))
}

/// Layers one behind the other, or a group of the channels of each.
pub(super) fn route(reader: &mut Reader, section: &Section, number: usize) -> Result<NodeId, Stop> {
    let name = format!("route{number}");
    let (groups, group) = (section.count("groups", 1, 1)?, section.count("group_id", 0, 0)?);
    if group >= groups {
        return Err(Problem::malformed(section.place("group_id"), format!("there is no group {group} of {groups}")).into());
    }
    let from = section.layers("layers", number)?;
    let mut parts = Vec::new();
    for position in &from {
        let node = reader.layer(section, *position)?;
        let channels = reader.shape(node).channels();
        if !channels.is_multiple_of(groups) {
            let message = format!("layer {position} has {channels} channels, which {groups} groups do not divide");
            return Err(Problem::malformed(section.place("groups"), message).into());
        }
        let part = channels / groups;
        let own = if from.len() == 1 { name.clone() } else { format!("{name}.slice") };
        parts.push(if groups == 1 {
            node
        } else {
            reader.add(section, &own, (slice(0, group * part, (group + 1) * part), &[node]))?
        });
    }
    match parts.as_slice() {
        [one] => Ok(*one),
        several => {
            let own = if groups == 1 { name.clone() } else { format!("{name}.concat") };
            reader.add(section, &own, (Op::Concat(Concat { axis: 0 }), several))
        }
    }
}

/// `[scale_channels]`: each channel of another layer by a number of this one's; `[sam]`: each element.
pub(super) fn gate(reader: &mut Reader, section: &Section, number: usize) -> Result<NodeId, Stop> {
    refuse(section, &["scale_wh"])?;
    let own = reader.previous(section)?;
    let from = section.layers("from", number)?;
    let other = reader.layer(section, from[0])?;
    let ((channels, size), (others, other_size)) = (map(reader, section, own)?, map(reader, section, other)?);
    let fits = if section.word == "sam" { size == other_size } else { size == [1, 1] };
    if channels != others || !fits {
        let (own, other) = (reader.shape(own), reader.shape(other));
        return Err(Problem::malformed(&section.at, format!("`[{}]` does not take {other} and {own}", section.word)).into());
    }
    let name = format!("{}{number}", if section.word == "sam" { "sam" } else { "scale" });
    let is_plain = activation_word(section, "linear") == "linear";
    let product = if is_plain { name.clone() } else { format!("{name}.mul") };
    let node = reader.add(section, &product, (Op::Elementwise(Elementwise { merge: Merge::Mul }), &[other, own]))?;
    activated(reader, section, node, (&name, "linear"))
}

fn reorg_stride(section: &Section) -> Result<u64, Problem> {
    refuse(section, &["reverse", "flatten", "extra"])?;
    section.count("stride", 1, 1)
}

fn reorg_error(section: &Section, shape: Shape, stride: u64) -> Problem {
    Problem::malformed(&section.at, format!("`[{}]` with a stride of {stride} does not take {shape}", section.word))
}

/// `[C, H, W]` to `[C s², H / s, W / s]`: all channels of a block's first pixel, then all of its second.
fn blocks(reader: &mut Reader, section: &Section, (name, node): (&str, NodeId), stride: u64) -> Result<NodeId, Stop> {
    let channels = reader.shape(node).channels();
    let blocks =
        reader.add(section, &format!("{name}.space_to_depth"), (Op::SpaceToDepth(SpaceToDepth { block: stride }), &[node]))?;
    reader.add(section, &format!("{name}.channel_shuffle"), (Op::ChannelShuffle(ChannelShuffle { groups: channels }), &[blocks]))
}

pub(super) fn reorg3d(reader: &mut Reader, section: &Section, name: &str) -> Result<NodeId, Stop> {
    let read = reader.previous(section)?;
    let (_, [height, width]) = map(reader, section, read)?;
    let stride = reorg_stride(section)?;
    if !height.is_multiple_of(stride) || !width.is_multiple_of(stride) {
        return Err(reorg_error(section, reader.shape(read), stride).into());
    }
    blocks(reader, section, (name, read), stride)
}

/// darknet's first `[reorg]` moves blocks as if its input were the map of the way back, `[C / s², H s, W s]`, and takes what that
/// makes for its output. Networks were trained so.
pub(super) fn reorg(reader: &mut Reader, section: &Section, name: &str) -> Result<NodeId, Stop> {
    let read = reader.previous(section)?;
    let (channels, [height, width]) = map(reader, section, read)?;
    let stride = reorg_stride(section)?;
    let wrong = || Stop::from(reorg_error(section, reader.shape(read), stride));
    let square = stride.checked_mul(stride).ok_or_else(wrong)?;
    if !(channels.is_multiple_of(square) && height.is_multiple_of(stride) && width.is_multiple_of(stride)) {
        return Err(wrong());
    }
    let wide = Shape::new(&[channels / square, height * stride, width * stride]).ok_or_else(wrong)?;
    let small =
        channels.checked_mul(square).and_then(|many| Shape::new(&[many, height / stride, width / stride])).ok_or_else(wrong)?;
    let wide = reader.add(section, &format!("{name}.reshape"), (Op::Reshape(Reshape { shape: wide }), &[read]))?;
    let moved = blocks(reader, section, (name, wide), stride)?;
    reader.add(section, &format!("{name}.out"), (Op::Reshape(Reshape { shape: small }), &[moved]))
}
