//! Caffe.

use pointwise::compile::written;
use pointwise::graph::Graph;
use pointwise::interchange::caffe::read;

use crate::{close, counts, file, numbers, result, shaped};

fn graph(text: &str) -> Graph {
    read(text, "n").unwrap_or_else(|problems| panic!("{text}\n{problems:?}")).graph
}

#[test]
fn known_networks_have_their_sizes() {
    for (name, params, macs) in [
        ("alexnet", 60_965_224, 724_406_816),
        ("squeezenet_v1.1", 1_235_496, 349_151_936),
        ("googlenet", 6_998_552, 1_582_671_872),
        ("mobilenet", 4_231_976, 568_740_352),
        // Its strides stand in the first 1x1 of a block, which saves a twentieth of what others count.
        ("resnet50", 25_557_032, 3_857_973_248),
    ] {
        assert_eq!(counts(&shaped(&graph(&file(&format!("{name}.prototxt"))))), (params, macs), "{name}");
    }
}

#[test]
fn a_file_of_training_is_read_in_its_test_phase() {
    let listed = read(&file("googlenet.prototxt"), "n").expect("it is read");
    assert_eq!(listed.notes, ["layers that only training has are left out: `loss3/loss3`, `loss3/top-1`"]);
    let outputs: Vec<&str> = listed.graph.outputs().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(outputs, ["loss3_classifier"]);
    assert!(listed.graph.find("inception_3a.1x1.conv").is_some() && listed.graph.find("pool1.norm1").is_some());
}

#[test]
fn repeated_structure_is_found_again() {
    for (name, most, words) in [
        ("resnet50", 25, "-> res(256, stride=1) as res2a -> res_2 as res2b -> res_2 as res2c "),
        ("googlenet", 30, "-> inception(64, 96, 128, 16, 32, 32) as inception_3a "),
        ("squeezenet_v1.1", 20, "-> fire(64) as fire8 -> fire(64) as fire9 "),
        ("mobilenet", 20, "    for i in 1..6 {\n"),
    ] {
        let text = written(&shaped(&graph(&file(&format!("{name}.prototxt")))));
        assert!(text.lines().count() < most && text.contains(words), "{text}");
    }
}

fn layer(kind: &str, rest: &str) -> String {
    format!("layer {{ name: 'l' type: '{kind}' bottom: 'data' top: 'l' {rest} }}")
}

fn net(dims: [usize; 3], layers: &str) -> Graph {
    let [c, h, w] = dims;
    graph(&format!("input: 'data' input_shape {{ dim: 1 dim: {c} dim: {h} dim: {w} }} {layers}"))
}

/// `PoolingLayer::Forward_cpu`; `None` where a window holds nothing.
fn pool([c, h, w]: [usize; 3], (k, s, p): (usize, usize, usize), is_max: bool, x: &[f32]) -> Option<Vec<f32>> {
    let count = |size: usize| {
        let windows = ((size + 2 * p) as f32 - k as f32) / s as f32;
        let windows = windows.ceil() as usize + 1;
        if p > 0 && (windows - 1) * s >= size + p { windows - 1 } else { windows }
    };
    let mut made = Vec::new();
    for channel in 0..c {
        for (ph, pw) in (0..count(h)).flat_map(|ph| (0..count(w)).map(move |pw| (ph, pw))) {
            let starts = [(ph * s) as isize - p as isize, (pw * s) as isize - p as isize];
            let ends = [(starts[0] + k as isize).min((h + p) as isize), (starts[1] + k as isize).min((w + p) as isize)];
            let whole = (ends[0] - starts[0]) * (ends[1] - starts[1]);
            let inside = [starts[0].max(0)..ends[0].min(h as isize), starts[1].max(0)..ends[1].min(w as isize)];
            let [rows, columns] = inside;
            let values: Vec<f32> = rows
                .flat_map(|row| columns.clone().map(move |column| (row as usize, column as usize)))
                .map(|(row, column)| x[(channel * h + row) * w + column])
                .collect();
            if values.is_empty() {
                return None;
            }
            made.push(if is_max {
                values.iter().copied().fold(f32::MIN, f32::max)
            } else {
                values.iter().sum::<f32>() / whole as f32
            });
        }
    }
    Some(made)
}

#[test]
fn pooling_rounds_and_counts_as_caffe_does() {
    let mut compared = 0;
    for dims in [[1, 5, 5], [2, 6, 7], [1, 8, 4]] {
        for (k, s, p, is_max) in
            (2..5).flat_map(|k| (1..4).flat_map(move |s| (0..=k / 2).flat_map(move |p| [(k, s, p, true), (k, s, p, false)])))
        {
            let kind = if is_max { "MAX" } else { "AVE" };
            let text = layer("Pooling", &format!("pooling_param {{ pool: {kind} kernel_size: {k} stride: {s} pad: {p} }}"));
            let input = numbers(dims.iter().product());
            let Some(expected) = pool(dims, (k, s, p), is_max, &input) else { continue };
            close(&result(&net(dims, &text), &input), &expected);
            compared += 1;
        }
    }
    assert!(compared > 90, "{compared}");
}

#[test]
fn arithmetic_is_caffes() {
    let input = numbers(12);
    let made = |kind: &str, rest: &str| result(&net([3, 2, 2], &layer(kind, rest)), &input);
    let each = |f: fn(f32) -> f32| -> Vec<f32> { input.iter().map(|x| f(*x)).collect() };
    close(&made("Power", "power_param { power: 2 scale: 3 shift: 1 }"), &each(|x| (1.0 + 3.0 * x) * (1.0 + 3.0 * x)));
    close(&made("Exp", "exp_param { base: 2 shift: 1 }"), &each(|x| (1.0 + x).exp2()));
    close(&made("Log", "log_param { base: 10 shift: 2 }"), &each(|x| (2.0 + x).log10()));
    close(&made("ReLU", "relu_param { negative_slope: 0.25 }"), &each(|x| if x > 0.0 { x } else { 0.25 * x }));
    close(&made("AbsVal", ""), &each(f32::abs));
    close(&made("BNLL", ""), &each(|x| (1.0 + x.exp()).ln()));
    let sum = "layer { name: 's' type: 'Eltwise' bottom: 'l' bottom: 'data' top: 's' eltwise_param { coeff: 2 coeff: -0.5 } }";
    let both = format!("{}{sum}", layer("AbsVal", ""));
    close(&result(&net([3, 2, 2], &both), &input), &each(|x| 2.0 * x.abs() - 0.5 * x));
    // alpha is divided by the channels of a window.
    let lrn = made("LRN", "lrn_param { local_size: 3 alpha: 1.5 beta: 2 k: 2 }");
    let squares = |c: usize, p: usize| (c.saturating_sub(1)..(c + 2).min(3)).map(|c| input[4 * c + p].powi(2)).sum::<f32>();
    let expected: Vec<f32> = (0..12).map(|at| input[at] / (2.0 + 0.5 * squares(at / 4, at % 4)).powi(2)).collect();
    close(&lrn, &expected);
    // Corners on corners.
    let wide = result(&net([1, 1, 3], &layer("Interp", "interp_param { height: 1 width: 5 }")), &[0.0, 1.0, 4.0]);
    close(&wide, &[0.0, 0.5, 1.0, 2.5, 4.0]);
}

#[test]
fn elements_move_as_in_caffe() {
    let input = numbers(24);
    let made = |kind: &str, rest: &str| result(&net([4, 2, 3], &layer(kind, rest)), &input);
    let at = |c: usize, h: usize, w: usize| input[6 * c + 3 * h + w];
    let last: Vec<f32> = (0..24).map(|i| at(i % 4, i / 12, i / 4 % 3)).collect();
    assert_eq!(made("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }"), last);
    assert_eq!(made("Flatten", "flatten_param { axis: 2 }"), input);
    let reshaped = net([4, 2, 3], &layer("Reshape", "reshape_param { shape { dim: 0 dim: 0 dim: -1 } }"));
    assert_eq!(shaped(&reshaped).shape(reshaped.outputs()[0].1).to_vec(), [4, 6]);
    let small = format!(
        "{} {}",
        layer("Pooling", "pooling_param { pool: AVE kernel_h: 2 kernel_w: 2 }"),
        "layer { name: 'c' type: 'Crop' bottom: 'data' bottom: 'l' top: 'c' crop_param { offset: 1 offset: 0 } }"
    );
    let graph = net([4, 2, 3], &small);
    let cropped: Vec<f32> = (0..8).map(|i| at(i / 2, 1, i % 2)).collect();
    assert_eq!(result(&graph, &input), cropped);
    let parts = "layer { name: 's' type: 'Slice' bottom: 'data' top: 'a' top: 'b' slice_param { slice_point: 1 } }
        layer { name: 'p' type: 'Pooling' bottom: 'b' top: 'p' pooling_param { pool: AVE global_pooling: true } }
        layer { name: 'f' type: 'Flatten' bottom: 'p' top: 'f' }
        layer { name: 'm' type: 'Scale' bottom: 'b' bottom: 'f' top: 'm' scale_param { axis: 0 } }
        layer { name: 'c' type: 'Concat' bottom: 'm' bottom: 'a' top: 'c' }";
    let means: Vec<f32> = input.chunks(6).map(|map| map.iter().sum::<f32>() / 6.0).collect();
    let expected: Vec<f32> = (6..24).map(|i| input[i] * means[i / 6]).chain(input[..6].iter().copied()).collect();
    close(&result(&net([4, 2, 3], parts), &input), &expected);
    let wide = net(
        [4, 2, 3],
        &layer("Deconvolution", "convolution_param { num_output: 8 kernel_size: 4 stride: 2 pad: 1 group: 4 bias_term: false }"),
    );
    assert_eq!(counts(&shaped(&wide)).0, 4 * 2 * 16);
    assert_eq!(shaped(&wide).shape(wide.outputs()[0].1).to_vec(), [8, 4, 6]);
}

#[test]
fn older_names_and_layers_in_place_are_read() {
    let text = "name: 'old' input: 'x' input_dim: 1 input_dim: 2 input_dim: 4 input_dim: 4
        layers { name: 'c' type: CONVOLUTION bottom: 'x' top: 'c' blobs_lr: 1 convolution_param { num_output: 3 kernel_size: 3 } }
        layers { name: 'r' type: RELU bottom: 'c' top: 'c' }
        layers { name: 'i' type: INNER_PRODUCT bottom: 'c' top: 'i' inner_product_param { num_output: 5 } }
        layers { name: 'p' type: SOFTMAX bottom: 'i' top: 'p' }
        layers { name: 'loss' type: SOFTMAX_LOSS bottom: 'i' bottom: 'c' top: 'loss' }";
    let graph = graph(text);
    let names: Vec<String> = graph.ids().map(|id| graph.node(id).name.to_string()).collect();
    assert_eq!(names, ["x", "c.conv", "c.relu", "i.flatten", "i.linear", "p"]);
    assert_eq!(counts(&shaped(&graph)), (3 * 18 + 3 + 5 * 12 + 5, 4 * 3 * 18 + 60));
}

#[test]
fn a_scale_behind_a_norm_is_its_factor_where_it_alone_reads_it() {
    let norm = "layer { name: 'n' type: 'BatchNorm' bottom: 'data' top: 'n' batch_norm_param { eps: 0.001 } }";
    let scale = "layer { name: 's' type: 'Scale' bottom: 'n' top: 's' scale_param { bias_term: true } }";
    let names = |text: &str| -> Vec<String> {
        let graph = net([3, 2, 2], text);
        graph.ids().map(|id| format!("{}: {}", graph.node(id).name, graph.node(id).op.keyword())).collect()
    };
    assert_eq!(names(&format!("{norm}{scale}")), ["data: input", "n: bn"]);
    let other = "layer { name: 'r' type: 'ReLU' bottom: 'n' top: 'r' }";
    assert_eq!(names(&format!("{norm}{scale}{other}")), ["data: input", "n: bn", "s: scale", "r: relu"]);
}
