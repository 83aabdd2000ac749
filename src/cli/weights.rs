//! Weights from files: under the network's names, or under those of another program.
//!
//! In: what `--weights` and `--map` name, or the file beside a network. Out: weights under the network's names, and a notice of
//! what was matched. Pickled weights are named for what they are and never opened: a pickle is a program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use super::options::in_a_shell;
use super::room::Room;
use super::session::Session;
use super::tensors::reading;
use super::{files, models};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::digits::counted;
use crate::interchange::safetensors::{self, SafetensorsError};
use crate::shape::Shaped;
use crate::weights::foreign::{self, Matched, NameMap, Refusal};
use crate::weights::{WeightProblem, Weights, weight_bytes};

/// Which names of a file are which of the network.
#[derive(Debug, Clone, Args)]
pub(super) struct MapOptions {
    /// Which of the file's names are which of the network's, where `--weights` leaves it open: YAML, `theirs: ours` a line.
    #[arg(long, value_name = "FILE", requires = "weights")]
    pub map: Option<PathBuf>,
}

/// A file of weights, and the map of its names.
#[derive(Debug, Clone, Copy)]
pub(super) struct WeightFile<'a> {
    pub path: &'a Path,
    pub map: Option<&'a Path>,
}

/// So many ways in which weights do not fit are told.
const MOST_TOLD: usize = 8;

/// Weights: named, or beside the network, or made from a seed.
pub(super) fn weights(
    session: &Session,
    shaped: &Shaped,
    (network, named): (&Path, Option<WeightFile<'_>>),
    (seed, room): (u64, &Room),
) -> Result<Weights, Failure> {
    if let Some(weights) = trained(session, shaped, (network, named), room)? {
        return Ok(weights);
    }
    if weight_bytes(shaped) > 0 {
        session.notice(&format!("weights are random (seed {seed}): give --weights for trained ones"));
    }
    Ok(Weights::init(shaped, seed))
}

/// Weights that are named, or in the network's file, or beside it; `None` where there are none.
pub(super) fn trained(
    session: &Session,
    shaped: &Shaped,
    (network, named): (&Path, Option<WeightFile<'_>>),
    room: &Room,
) -> Result<Option<Weights>, Failure> {
    if let Some(weights) = models::weights(network, named.map(|file| file.path), room)? {
        weights.check(shaped).map_err(|problems| unfit(&problems, &files::shown(network)))?;
        return Ok(Some(weights));
    }
    let beside = network.with_extension("safetensors");
    let is_beside = named.is_none() && !files::is_dash(network) && beside.is_file();
    let Some(file) = named.or_else(|| is_beside.then_some(WeightFile { path: &beside, map: None })) else { return Ok(None) };
    read(session, file, (&[shaped], room), |weights| weights.check(shaped)).map(Some)
}

/// Weights from a file that `check` finds to fit, or that one of the networks has under other names.
pub(super) fn read(
    session: &Session,
    file: WeightFile<'_>,
    (networks, room): (&[&Shaped], &Room),
    check: impl FnOnce(&Weights) -> Result<(), Vec<WeightProblem>>,
) -> Result<Weights, Failure> {
    let (path, shown) = (file.path, files::shown(file.path));
    let map = file.map.map(read_map).transpose()?;
    let weights = load(path, room)?;
    let Some(map) = map else {
        let Err(problems) = check(&weights) else { return Ok(weights) };
        let own = networks.iter().map(|shaped| (foreign::own_names(shaped, &weights), *shaped)).max_by_key(|(own, _)| *own);
        return match own {
            Some((0..50, _)) | None => renamed(session, (weights, &shown), networks, &NameMap::default()),
            // A file of an earlier version of the network, or with slips: as it was written it is told.
            Some((own, _)) if own >= 75 || problems.len() <= MOST_TOLD => Err(unfit(&problems, &shown)),
            Some((_, shaped)) => partly_own(session, (weights, &shown), shaped).ok_or_else(|| unfit(&problems, &shown)),
        };
    };
    renamed(session, (weights, &shown), networks, &map)
}

/// Weights of which many have the network's names, and those that have them are these.
fn partly_own(session: &Session, (weights, file): (Weights, &str), shaped: &Shaped) -> Option<Weights> {
    let there: BTreeSet<String> = weights.iter().map(|(name, _)| name.to_owned()).collect();
    let (weights, matched) = foreign::renamed(shaped, weights, &NameMap::default()).ok()?;
    let agrees = |(ours, theirs): &(String, String)| ours == theirs || !there.contains(ours);
    matched.names.iter().all(agrees).then(|| {
        tell(session, file, &matched);
        weights
    })
}

fn tell(session: &Session, file: &str, Matched { names, left }: &Matched) {
    let count = counted(names.iter().filter(|(ours, theirs)| ours != theirs).count(), "tensor");
    session.notice(&format!("{file}: {count} under other names, matched by shape, scope and order{}", left_out(left)));
}

fn load(path: &Path, room: &Room) -> Result<Weights, Failure> {
    if let Some(failure) = models::without_names(path) {
        return Err(failure);
    }
    let bytes = files::read_bytes(path, room)?;
    if is_pickled(&bytes) {
        return Err(pickled(path));
    }
    safetensors::load_within(&bytes, room.left()).map_err(|error| {
        if let SafetensorsError::Memory { needed, .. } = error {
            return room.refuse(needed, &reading(path)).into();
        }
        Failure::new(Code::BadSafetensors, format!("`{}`: {error}", files::shown(path)))
    })
}

/// Whether a file is a pickle, or the zip of one that PyTorch writes; the header of safetensors is a JSON object.
fn is_pickled(bytes: &[u8]) -> bool {
    let starts_so = bytes.starts_with(b"PK\x03\x04") || matches!(bytes, [0x80, 1..=5, ..]);
    starts_so && bytes.get(8) != Some(&b'{')
}

/// What makes safetensors of a pickle: of a `state_dict`, or of a checkpoint that holds one.
const UNPICKLE: &str = "import sys, torch; from safetensors.torch import save_file; \
    d = torch.load(sys.argv[1], map_location=\"cpu\", weights_only=True); \
    d = next((d[k] for k in (\"state_dict\", \"model_state_dict\", \"model\") if k in d), d); \
    save_file({k: v.clone().contiguous() for k, v in d.items() if torch.is_tensor(v)}, sys.argv[2])";

fn pickled(path: &Path) -> Failure {
    let shown = files::shown(path);
    let message = format!("`{shown}` holds pickled weights, which are not opened: reading a pickle runs what stands in it");
    let out = if files::is_dash(path) { PathBuf::from("weights.safetensors") } else { path.with_extension("safetensors") };
    let [from, to] = [shown, files::shown(&out)].map(|word| in_a_shell(&word));
    let line = format!("python3 -c '{UNPICKLE}' {from} {to}");
    Failure::new(Code::PickledWeights, message).help(format!("make safetensors of it, if you trust where it is from:\n{line}"))
}

fn read_map(path: &Path) -> Result<NameMap, Failure> {
    let text = files::read_text(path)?;
    NameMap::from_yaml(&text).map_err(|why| Failure::new(Code::BadNameMap, format!("`{}`: {why}", files::shown(path))))
}

/// Weights under the names of the first network that they are certain to be of.
fn renamed(session: &Session, (weights, file): (Weights, &str), networks: &[&Shaped], map: &NameMap) -> Result<Weights, Failure> {
    let mut refusals = Vec::new();
    for shaped in networks {
        match foreign::renamed(shaped, weights.clone(), map) {
            Ok((weights, matched)) => {
                tell(session, file, &matched);
                return Ok(weights);
            }
            Err(refusal) => refusals.push(refusal),
        }
    }
    let is_near = |refusal: &Refusal| matches!(refusal, Refusal::Ambiguous { .. } | Refusal::Doubted { .. });
    let nearest = refusals.iter().find(|refusal| is_near(refusal)).or(refusals.first());
    Err(nearest.map_or_else(|| Failure::usage("there is no network for the weights"), |refusal| refused(file, refusal)))
}

fn left_out(scopes: &[String]) -> String {
    const TOLD: usize = 4;
    if scopes.is_empty() {
        return String::new();
    }
    let told: Vec<String> = scopes.iter().take(TOLD).map(|scope| format!("`{scope}`")).collect();
    let more = if scopes.len() > TOLD { format!(" and {} more", scopes.len() - TOLD) } else { String::new() };
    format!("; the network has no place for {}{more}", told.join(", "))
}

fn refused(file: &str, refusal: &Refusal) -> Failure {
    let (code, message) = match refusal {
        Refusal::Missing { .. } => (Code::MissingWeight, format!("the weights in `{file}` do not fit the network")),
        Refusal::LeftOver { .. } => (Code::UnusedWeight, format!("the weights in `{file}` do not fit the network")),
        Refusal::Ambiguous { .. } | Refusal::Doubted { .. } => {
            (Code::AmbiguousWeights, format!("it is not certain which weights in `{file}` are which of the network"))
        }
        Refusal::Map { .. } => (Code::BadNameMap, format!("the map does not fit the names in `{file}` and the network")),
    };
    let diagnostic = Diagnostic::bare(code, Severity::Error, message).note(refusal.to_string());
    let draft: Vec<String> = refusal.draft().into_iter().map(|(theirs, ours)| format!("{theirs}: {ours}")).collect();
    let help = match refusal {
        Refusal::Ambiguous { .. } | Refusal::Doubted { .. } => format!(
            "write which is which into a file, a line each as here but as the networks are, and give it with `--map`:\n{}",
            draft.join("\n")
        ),
        Refusal::LeftOver { names, .. } => format!(
            "where the network needs none of it, leave it out with `--map` and a file of lines like `{}: null`",
            names.first().map_or("aux", |name| name.trim_matches('`'))
        ),
        Refusal::Missing { .. } | Refusal::Map { .. } => return diagnostic.into(),
    };
    diagnostic.help(help).into()
}

fn unfit(problems: &[WeightProblem], file: &str) -> Failure {
    let code = match problems.first() {
        Some(WeightProblem::Missing { .. }) | None => Code::MissingWeight,
        Some(WeightProblem::Shape { .. }) => Code::WeightShape,
        Some(WeightProblem::Unused { .. }) => Code::UnusedWeight,
    };
    let mut diagnostic = Diagnostic::bare(code, Severity::Error, format!("the weights in `{file}` do not fit the network"));
    for problem in problems.iter().take(MOST_TOLD) {
        diagnostic = diagnostic.note(problem.to_string());
    }
    if problems.len() > MOST_TOLD {
        diagnostic = diagnostic.note(format!("and {} more", problems.len() - MOST_TOLD));
    }
    diagnostic.into()
}
