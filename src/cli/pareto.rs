//! `--pareto METRIC` of `optimize` and `report`: the curve of budgets.

use std::path::Path;

use super::failure::Failure;
use super::files;
use super::load::Loaded;
use super::optimize::{Order, convention, keep_to_what_is_reported, refused};
use super::options::{CountOptions, DEFAULT_TARGET, find_target, in_a_shell};
use super::output::Output;
use super::progress::Progress;
use super::report::{Form, Shown};
use super::session::Session;
use super::uses::Disk;
use crate::analysis::Analysis;
use crate::analysis::roofline::{Cores, predict};
use crate::analysis::target::Target;
use crate::compile;
use crate::optimize::Task;
use crate::optimize::pareto::{Point, Reached, pareto};
use crate::report::network::{Forecast, Network, Subject};
use crate::report::pareto::Curve;
use crate::report::{html, serial};
use crate::rewrite::Config;
use crate::rewrite::budget::Steps;

/// What each budget reaches, for the network that was read from a path.
pub(super) fn curve(
    session: &Session,
    (before, input): (&Loaded, &Path),
    order: &Order<'_>,
    steps: &Steps,
) -> Result<Curve, Failure> {
    let Order { goals, net, count, .. } = *order;
    let config = Config { convention: count.options().convention, ..goals.config()? };
    if let Some(fixed) = config.budgets.iter().find(|budget| budget.quantity == steps.quantity()) {
        let failure = Failure::usage(format!("`--pareto {steps}` goes through budgets on what `{fixed}` limits already"));
        return Err(failure.help("leave one of them out"));
    }
    let all: Vec<_> = config.budgets.iter().copied().chain(steps.budgets().take(1)).collect();
    keep_to_what_is_reported(&all, count)?;
    let target = find_target(count.target.as_deref().unwrap_or(DEFAULT_TARGET))?;
    let convention = convention(&Config { budgets: all, ..config.clone() });
    let (name, command) = (files::shown(input), command(input, order, convention));
    let folder = files::folder(input);
    let task = Task {
        config: &config,
        target: &target,
        inline: goals.inline,
        set: &net.set,
        name: &name,
        folders: (&folder, &folder),
        root: net.root.as_deref(),
        said: &format!("`{command}`"),
        replaces: order.replaces,
        weights: None,
    };
    let mut progress = Progress::new(session, steps.budgets().count(), "budgets");
    let disk = Disk::new(&before.name, input, net.root.as_deref()).and(&name, input);
    let found = pareto(before, &task, steps, (&disk, &mut |done| progress.at(done)));
    drop(progress);
    let found = found.map_err(|finding| refused((before, order.replaces), finding))?;
    let counting = Counting { before, target: &target, count };
    let mut document =
        counting.counted(&before.network, |network| Curve::new(network, (goals.said(), command), found.quantity))?;
    for point in &found.points {
        counting.add(&mut document, point, found.most(point))?;
    }
    let budgets: Vec<String> = document.points.iter().map(|point| point.budget.clone()).collect();
    for (point, other) in document.points.iter_mut().zip(found.points.iter().map(|point| point.dominated_by)) {
        point.dominated_by = other.map(|other| budgets[other].clone());
    }
    Ok(document)
}

/// How networks are counted for the document.
struct Counting<'a> {
    before: &'a Loaded,
    target: &'a Target,
    count: &'a CountOptions,
}

impl Counting<'_> {
    /// Takes a network with its numbers and its predicted time.
    fn counted<T>(&self, network: &compile::Network, take: impl FnOnce(&Network<'_>) -> T) -> Result<T, Failure> {
        let shaped = &network.shaped;
        let analysis: Analysis = self.count.analyze(shaped, &network.analysis)?;
        let times = predict(&analysis, shaped, self.target, Cores::All);
        let forecast = Forecast { target: self.target.name.clone(), times };
        let (source, sources, notes) = (self.before.name.as_str(), self.before.sources(), self.before.notes());
        Ok(take(&Network::new(&Subject { source, sources, shaped, analysis: &analysis, notes, forecast: Some(&forecast) })))
    }

    fn add(&self, document: &mut Curve, point: &Point, most: f64) -> Result<(), Failure> {
        let limit = (point.budget, most);
        match &point.reached {
            Reached::Plan(planned) => self.counted(&planned.network, |network| document.meet(limit, &planned.plan, network)),
            Reached::Unreachable(miss) => {
                point.failure().iter().for_each(|why| document.miss(limit, why, Some(miss)));
                Ok(())
            }
            Reached::Refused(why) => {
                document.miss(limit, why, None);
                Ok(())
            }
        }
    }
}

/// The command that writes one of the networks, but for its budget.
fn command(input: &Path, order: &Order<'_>, convention: Option<String>) -> String {
    let goals = order.goals.common();
    let mut words = vec!["pointwise optimize".to_owned(), in_a_shell(&input.display().to_string())];
    words.extend(order.net.set.iter().map(|(name, value)| format!("--set {}", in_a_shell(&format!("{name}={value}")))));
    words.extend(order.count.target.iter().map(|target| format!("--target {}", in_a_shell(target))));
    words.extend(convention);
    words.push(goals.said());
    words.extend(goals.inline.then(|| "--inline".to_owned()));
    words.extend(goals.replace.then(|| "--replace".to_owned()));
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

/// Refuses what chooses rows of the report of one plan.
pub(super) fn refuse_rows(shown: Shown) -> Result<(), Failure> {
    let Some(option) = shown.chosen() else { return Ok(()) };
    let failure = Failure::usage(format!("`{option}` is for the layers of one plan, and `--pareto` gives a row a budget"));
    Err(failure.help("give the `--budget` of a row instead of `--pareto`"))
}

/// Writes the curve to a file, or to the terminal.
pub(super) fn write(session: &Session, curve: &Curve, form: Form, output: &Output) -> Result<(), Failure> {
    let text = |text: String| output.write(session, |out| out.write_all(text.as_bytes()));
    match form {
        Form::Terminal => Session::report(&curve.terminal(Session::width())),
        Form::Html => text(html::pareto(curve)),
        Form::Markdown => text(curve.markdown()),
        Form::Csv => text(curve.csv()),
        Form::Json => output.write(session, |out| serial::json(out, curve)),
        Form::Yaml => output.write(session, |out| serial::yaml(out, curve)),
    }
}
