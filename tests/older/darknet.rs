//! darknet.

use pointwise::compile::written;
use pointwise::interchange::darknet::{Network, load, read};
use pointwise::tensor::Tensor;

use crate::{close, counts, file, numbers, result, shaped};

fn network(text: &str) -> Network {
    read(text, "n").unwrap_or_else(|problems| panic!("{text}\n{problems:?}"))
}

/// Numbers in a network's file of weights.
fn stored(network: &Network) -> usize {
    let graph = &network.listed.graph;
    let shaped = shaped(graph);
    let specs = shaped.order().iter().flat_map(|id| pointwise::weights::specs(&shaped, *id));
    specs.map(|(_, spec)| spec.dims.iter().product::<u64>() as usize).sum()
}

#[test]
fn known_networks_have_their_sizes() {
    // Files of weights as they are published are so long, header aside.
    for (name, numbers, outputs) in [
        ("yolov3_tiny", (35_434_956 - 20) / 4, vec![("yolo16", "[255, 13, 13]"), ("yolo23", "[255, 26, 26]")]),
        (
            "yolov3",
            (248_007_048 - 20) / 4,
            vec![("yolo82", "[255, 13, 13]"), ("yolo94", "[255, 26, 26]"), ("yolo106", "[255, 52, 52]")],
        ),
        ("yolov4_tiny", (24_251_276 - 20) / 4, vec![("yolo30", "[255, 13, 13]"), ("yolo37", "[255, 26, 26]")]),
        ("yolov2", 50_983_561, vec![("region31", "[425, 19, 19]")]),
        ("darknet19", 20_856_776, vec![("result", "[1000]")]),
    ] {
        let network = network(&file(&format!("{name}.cfg")));
        assert_eq!(stored(&network), numbers, "{name}");
        let shaped = shaped(&network.listed.graph);
        let made: Vec<(String, String)> =
            shaped.graph().outputs().iter().map(|(name, id)| (name.clone(), shaped.shape(*id).to_string())).collect();
        let outputs: Vec<(String, String)> =
            outputs.iter().map(|(name, shape)| ((*name).to_owned(), (*shape).to_owned())).collect();
        assert_eq!(made, outputs);
        let bytes = vec![0; 20 + 4 * numbers];
        let header = [0, 0, 0, 0, 2, 0, 0, 0];
        let bytes = [&header, &bytes[8..]].concat();
        if name == "yolov3_tiny" {
            assert!(load(&bytes, &network.layout).expect("it fits").check(&shaped).is_ok());
        }
    }
    // 5.57 and 65.9 billions of operations, two for each of these and some for the rest, are what darknet prints.
    for (name, least, most) in [("yolov3_tiny", 2_750_000_000, 2_790_000_000), ("yolov3", 32_700_000_000, 33_000_000_000)] {
        let (_, macs) = counts(&shaped(&network(&file(&format!("{name}.cfg"))).listed.graph));
        assert!((least..most).contains(&macs), "{name}: {macs}");
    }
}

#[test]
fn residuals_are_one_block() {
    let text = written(&shaped(&network(&file("yolov3.cfg")).listed.graph));
    assert!(text.matches("-> shortcut as shortcut").count() == 23 && text.lines().count() < 40, "{text}");
}

fn net(dims: [usize; 3]) -> String {
    format!("[net]\nchannels={}\nheight={}\nwidth={}\n", dims[0], dims[1], dims[2])
}

/// `forward_maxpool_layer`.
fn maxpool([c, h, w]: [usize; 3], (size, stride, padding): (usize, usize, usize), x: &[f32]) -> Vec<f32> {
    let (rows, columns) = ((h + padding - size) / stride + 1, (w + padding - size) / stride + 1);
    let offset = -((padding / 2) as isize);
    let mut made = Vec::new();
    for k in 0..c {
        for i in 0..rows {
            for j in 0..columns {
                let mut max = f32::MIN;
                for (n, m) in (0..size).flat_map(|n| (0..size).map(move |m| (n, m))) {
                    let (row, column) = (offset + (i * stride + n) as isize, offset + (j * stride + m) as isize);
                    if (0..h as isize).contains(&row) && (0..w as isize).contains(&column) {
                        max = max.max(x[(k * h + row as usize) * w + column as usize]);
                    }
                }
                made.push(max);
            }
        }
    }
    made
}

#[test]
fn pooling_pads_and_rounds_as_darknet_does() {
    for dims in [[2, 6, 7], [1, 13, 13], [3, 5, 4]] {
        for size in 1..5 {
            for stride in 1..4 {
                for padding in [None, Some(0), Some(size / 2)] {
                    let option = padding.map_or(String::new(), |padding| format!("padding={padding}\n"));
                    let text = format!("{}[maxpool]\nsize={size}\nstride={stride}\n{option}", net(dims));
                    let input = numbers(dims.iter().product());
                    let expected = maxpool(dims, (size, stride, padding.unwrap_or(size - 1)), &input);
                    close(&result(&network(&text).listed.graph, &input), &expected);
                }
            }
        }
    }
}

/// `reorg_cpu`; the older layer gives it the sizes of its input, the newer one those of its output.
fn reorg([c, h, w]: [usize; 3], stride: usize, x: &[f32]) -> Vec<f32> {
    let depth = c / (stride * stride);
    let mut made = vec![0.0; x.len()];
    for (k, j, i) in (0..c).flat_map(|k| (0..h).flat_map(move |j| (0..w).map(move |i| (k, j, i)))) {
        let (c2, offset) = (k % depth, k / depth);
        let (w2, h2) = (i * stride + offset % stride, j * stride + offset / stride);
        made[i + w * (j + h * k)] = x[w2 + w * stride * (h2 + h * stride * c2)];
    }
    made
}

#[test]
fn both_reorgs_move_pixels_as_darknet_does() {
    for ([c, h, w], stride) in [([4, 4, 6], 2), ([8, 2, 2], 2), ([9, 3, 6], 3), ([64, 26, 26], 2)] {
        let input = numbers(c * h * w);
        let graph = network(&format!("{}[reorg]\nstride={stride}\n", net([c, h, w]))).listed.graph;
        close(&result(&graph, &input), &reorg([c, h, w], stride, &input));
        let small = [c * stride * stride, h / stride, w / stride];
        assert_eq!(shaped(&graph).shape(graph.outputs()[0].1).to_vec(), small.map(|dim| dim as u64));
        let graph = network(&format!("{}[reorg3d]\nstride={stride}\n", net([c, h, w]))).listed.graph;
        close(&result(&graph, &input), &reorg(small, stride, &input));
    }
}

#[test]
fn layers_are_joined_as_darknet_does() {
    let input = numbers(4 * 9);
    let made = |layers: &str| result(&network(&format!("{}{layers}", net([4, 3, 3]))).listed.graph, &input);
    let half = |x: &[f32]| x[18..].to_vec();
    // `shortcut_cpu` adds the channels that both have, to the layer before.
    let empty = "[activation]\nactivation=linear\n";
    let group = format!("{empty}[route]\nlayers=-1\ngroups=2\ngroup_id=1\n");
    assert_eq!(made(&group), half(&input));
    let fewer: Vec<f32> = (0..18).map(|at| input[18 + at] + input[at]).collect();
    assert_eq!(made(&format!("{group}[shortcut]\nfrom=0\n")), fewer);
    let more: Vec<f32> = (0..36).map(|at| input[at] + if at < 18 { input[18 + at] } else { 0.0 }).collect();
    assert_eq!(made(&format!("{group}[route]\nlayers=0\n[shortcut]\nfrom=-2\n")), more);
    let leaky: Vec<f32> = more.iter().map(|x| if *x > 0.0 { *x } else { 0.1 * x }).collect();
    close(&made(&format!("{group}[route]\nlayers=0\n[shortcut]\nfrom=1\nactivation=leaky\n")), &leaky);
    assert_eq!(made(&format!("{group}[route]\nlayers = 1, 0\n")), [half(&input), input.clone()].concat());
    // The middle, from 0..1 to -1..1.
    let middle: Vec<f32> = (0..4).map(|c| 2.0 * input[9 * c + 4] - 1.0).collect();
    close(&made("[crop]\ncrop_height=1\ncrop_width=1\n"), &middle);
    let gate = format!("{empty}[avgpool]\n[scale_channels]\nfrom=0\n");
    let means: Vec<f32> = input.chunks(9).map(|map| map.iter().sum::<f32>() / 9.0).collect();
    let scaled: Vec<f32> = (0..36).map(|at| input[at] * means[at / 9]).collect();
    close(&made(&gate), &scaled);
    let twice: Vec<f32> = (0..4 * 36).map(|at| 0.5 * input[9 * (at / 36) + 3 * (at % 36 / 12) + at % 6 / 2]).collect();
    close(&made("[upsample]\nstride=2\nscale=0.5\n"), &twice);
}

#[test]
fn weights_stand_in_the_order_of_the_file() {
    let text = format!(
        "{}[convolutional]\nbatch_normalize=1\nfilters=2\nactivation=leaky\n[connected]\noutput=3\nbatch_normalize=1\n[connected]\noutput=2\nactivation=linear\n",
        net([1, 1, 2])
    );
    let network = network(&text);
    let count = 2 * 4 + 2 + 3 + 3 * 4 + 3 * 3 + 2 + 2 * 3;
    let mut bytes: Vec<u8> = [0_i32, 2, 5, 0, 0].iter().flat_map(|n| n.to_le_bytes()).collect();
    bytes.extend((0..count).flat_map(|n| (n as f32).to_le_bytes()));
    let weights = load(&bytes, &network.layout).expect("it fits");
    assert!(weights.check(&shaped(&network.listed.graph)).is_ok());
    let first = |name: &str| weights.get(name).map(|tensor: &Tensor| tensor.data()[0]);
    let order = [
        "conv0.bn.bias",
        "conv0.bn.weight",
        "conv0.bn.running_mean",
        "conv0.bn.running_var",
        "conv0.conv.weight",
        "connected1.bn.bias",
        "connected1.linear.weight",
        "connected1.bn.weight",
        "connected1.bn.running_mean",
        "connected1.bn.running_var",
        "connected2.bias",
        "connected2.weight",
    ];
    let firsts: Vec<Option<f32>> = order.iter().map(|name| first(name)).collect();
    let expected = [0, 2, 4, 6, 8, 10, 13, 25, 28, 31, 34, 36].map(|at| Some(at as f32));
    assert_eq!(firsts, expected);
}
