//! What the README promises: its network compiles, its links lead somewhere, its commands exist.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::process::Command;

use pointwise::compile::{NoFiles, Settings, compile};

fn readme() -> String {
    std::fs::read_to_string("README.md").expect("there is a README")
}

#[test]
fn its_network_compiles_without_a_finding() {
    let text = readme();
    let blocks: Vec<&str> = text.split("```net\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let compiled = compile("README.md", block.to_owned(), &NoFiles, &Settings::default());
        assert!(compiled.diagnostics.is_empty() && compiled.network.is_some(), "{:?}\n{block}", compiled.diagnostics);
    }
}

#[test]
fn its_links_lead_somewhere() {
    let text = readme();
    let links: Vec<&str> = text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    let files: Vec<_> = links.iter().filter(|link| !link.starts_with("https://")).collect();
    assert!(files.len() >= 4, "{links:?}");
    for file in files {
        assert!(std::path::Path::new(file).exists(), "{file}");
    }
}

#[test]
fn its_commands_exist() {
    let text = readme();
    let help = Command::new(env!("CARGO_BIN_EXE_pointwise")).arg("--help").output().expect("it runs").stdout;
    let help = String::from_utf8(help).expect("text");
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .map_while(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .filter(|word| *word != "help")
        .collect();
    assert!(commands.len() > 10, "{help}");
    for command in commands {
        assert!(
            text.contains(&format!("`{command} ")) || text.contains(&format!("`{command}`")),
            "the README leaves out `{command}`"
        );
    }
}

#[test]
fn ci_runs_the_command_that_the_readme_names() {
    let script = std::fs::read_to_string(".ci/run").expect("there is a script");
    assert!(readme().contains("\ncargo test\n") && script.contains("\ncargo test"), "both say `cargo test`");
}
