//! `explain`, `ops` and the like: the references.

use crate::cli_common::pointwise;

#[test]
fn the_references_are_there() {
    assert!(pointwise(&["explain", "pw0302"]).out.starts_with("# PW0302"));
    assert!(pointwise(&["explain", "PW03"]).out.contains("PW0301"));
    assert_eq!(pointwise(&["explain", "PW0999"]).code, 2);
    assert!(pointwise(&["ops"]).out.contains("global_avgpool"));
    assert!(pointwise(&["ops", "conv"]).out.contains("stride"));
    assert_eq!(pointwise(&["ops", "cnov"]).code, 2);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(pointwise(&["completions", shell]).out.contains("analyze"), "{shell}");
    }
    assert_eq!(pointwise(&["--help"]).code, 0);
    assert!(pointwise(&["--version"]).out.starts_with("pointwise "));
    assert_eq!(pointwise(&["frobnicate"]).code, 2);
    assert!(!pointwise(&["--help"]).out.contains("lsp"));
}
