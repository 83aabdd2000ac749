//! `--replace` of `optimize` and `report`: what an earlier run wrote is taken back before anything is planned.

use std::path::Path;

use super::failure::Failure;
use super::files;
use super::load::Loaded;
use super::optimize::{Goals, refused};
use super::options::NetOptions;
use super::room::Room;
use super::session::Session;
use super::uses::Disk;
use super::weights::{self, WeightFile};
use crate::digits::counted;
use crate::optimize::replace::{Without, without, written_out};
use crate::weights::Weights;

/// What is planned for.
pub(super) struct Start {
    /// The network that the report compares with.
    pub before: Loaded,
    /// The file that it was made from, where earlier bottlenecks were taken out of it.
    pub file: Option<Loaded>,
}

/// The network to plan for: as it was read, or without the bottlenecks of an earlier run where these are to be replaced.
pub(super) fn start(session: &Session, read: Loaded, (path, net): (&Path, &NetOptions), goals: &Goals) -> Result<Start, Failure> {
    if !goals.replace {
        return Ok(Start { before: read, file: None });
    }
    let name = &read.name;
    match without(&read, &net.set, &Disk::new(name, path, net.root.as_deref()))
        .map_err(|finding| refused((&read, None), finding))?
    {
        Some(Without { loaded, lines, steps, was_changed }) => {
            let parts = [(lines, "`refine` line"), (steps, "step")].into_iter().filter(|(count, _)| *count > 0);
            let parts: Vec<String> = parts.map(|(count, what)| counted(count, what)).collect();
            session.notice(&format!("{name}: replacing {} of an earlier run", parts.join(" and ")));
            if was_changed {
                session.notice("they have been changed since they were written, and go with these changes");
            }
            Ok(Start { before: loaded, file: Some(read) })
        }
        None if written_out(&read) => {
            session.notice(&format!(
                "{name} was written out with all its layers, and the bottlenecks among them cannot be taken back: optimize the file \
                 that it was made from"
            ));
            Ok(Start { before: read, file: None })
        }
        None => {
            session.notice(&format!("{name} has nothing that an earlier run wrote: there is nothing to replace"));
            Ok(Start { before: read, file: None })
        }
    }
}

/// Reads the weights of the network to plan for. Those of a file with its earlier bottlenecks have nothing for the layers that
/// these were put into.
pub(super) fn read_weights(
    session: &Session,
    named: WeightFile<'_>,
    room: &Room,
    (before, file): (&Loaded, Option<&Loaded>),
) -> Result<Weights, Failure> {
    let mut is_of_file = false;
    let fits = |weights: &Weights| {
        let fits = before.network.origin_of(weights).map(|_| ());
        is_of_file = fits.is_err() && file.is_some_and(|file| file.network.origin_of(weights).is_ok());
        fits
    };
    let weights = weights::read(session, named, (&before.network.origins(), room), fits);
    if is_of_file {
        let message =
            format!("the weights of {} are those of the network with its earlier bottlenecks", files::shown(named.path));
        let help = "give those of the network without them, which `--replace` plans for, or replace without weights";
        return Err(Failure::usage(message).help(help));
    }
    weights
}
