//! ONNX's bytes written by hand, for models that no exporter writes.

/// A field of a message.
pub fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
    let mut out = varint(number << 3 | 2);
    out.extend(varint(bytes.len() as u64));
    out.extend_from_slice(bytes);
    out
}

/// A number in a field.
pub fn number(field: u64, value: u64) -> Vec<u8> {
    let mut out = varint(field << 3);
    out.extend(varint(value));
    out
}

pub fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

pub fn text(number: u64, text: &str) -> Vec<u8> {
    field(number, text.as_bytes())
}

/// An input or output of floats.
pub fn value(name: &str, dims: &[u64]) -> Vec<u8> {
    let dims: Vec<u8> = dims.iter().flat_map(|dim| field(1, &number(1, *dim))).collect();
    let tensor = [number(1, 1), field(2, &dims)].concat();
    [text(1, name), field(2, &field(1, &tensor))].concat()
}

/// A node.
pub fn node(op: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let inputs: Vec<u8> = inputs.iter().flat_map(|input| text(1, input)).collect();
    field(1, &[inputs, text(2, output), text(4, op)].concat())
}

/// A tensor of floats, whose elements `data` says where to find.
pub fn tensor(name: &str, dims: &[u64], data: &[u8]) -> Vec<u8> {
    let dims: Vec<u8> = dims.iter().flat_map(|dim| number(1, *dim)).collect();
    field(5, &[dims, number(2, 1), text(8, name), data.to_vec()].concat())
}

/// Elements in a file.
pub fn apart(entries: &[(&str, &str)]) -> Vec<u8> {
    let entries: Vec<u8> = entries.iter().flat_map(|(key, value)| field(13, &[text(1, key), text(2, value)].concat())).collect();
    [entries, number(14, 1)].concat()
}

/// A model of a graph's fields, of version 17, that reads `x` of these dimensions and gives `y`.
pub fn model(dims: &[u64], fields: &[Vec<u8>]) -> Vec<u8> {
    let graph = [fields.concat(), field(11, &value("x", dims)), field(12, &value("y", &[]))].concat();
    [number(1, 8), field(8, &number(2, 17)), field(7, &graph)].concat()
}

/// A 1x1 convolution of `[1, 2, 1, 1]`.
pub fn small() -> Vec<u8> {
    let weights: Vec<u8> = [1.0f32, 2.0, 3.0, 4.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    model(&[1, 2, 1, 1], &[node("Conv", &["x", "w"], "y"), tensor("w", &[2, 2, 1, 1], &field(9, &weights))])
}

/// A node with attributes, each the fields of its message behind the name.
pub fn with(op: &str, inputs: &[&str], output: &str, attributes: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let inputs: Vec<u8> = inputs.iter().flat_map(|input| text(1, input)).collect();
    let attributes: Vec<u8> =
        attributes.iter().flat_map(|(name, value)| field(5, &[text(1, name), value.clone()].concat())).collect();
    field(1, &[inputs, text(2, output), text(4, op), attributes].concat())
}

/// An attribute of integers.
pub fn ints(all: &[u64]) -> Vec<u8> {
    all.iter().flat_map(|n| number(8, *n)).collect()
}

/// A tensor of floats with these elements.
pub fn floats(name: &str, dims: &[u64], all: &[f32]) -> Vec<u8> {
    tensor(name, dims, &field(9, &all.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>()))
}

/// A row of integers of 64 bits.
pub fn sizes(name: &str, all: &[i64]) -> Vec<u8> {
    let raw: Vec<u8> = all.iter().flat_map(|n| n.to_le_bytes()).collect();
    field(5, &[number(1, all.len() as u64), number(2, 7), text(8, name), field(9, &raw)].concat())
}
