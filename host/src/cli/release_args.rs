//! What the operator releases from the guards, for one run: an option for each class of changes that a guard counts.

use super::audit;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};
use hibob_policy::guard::{Class, Release};

/// The option for a source that looks quite different.
const CHANGED_SOURCE: &str = "allow-changed-source";

/// The options that release something, by [`Class::ALL`].
#[derive(Clone, Copy)]
pub(super) struct ReleaseArgs(Release);

impl ReleaseArgs {
    /// The options as they were given, for the record of the command.
    pub(super) fn text(&self) -> String {
        let numbers: Vec<(&str, usize)> =
            Class::ALL.iter().map(|class| (class.option(), self.0.number(*class))).collect();
        audit::releases(&numbers, &[(CHANGED_SOURCE, self.0.changed_source)])
    }
}

impl From<ReleaseArgs> for Release {
    fn from(args: ReleaseArgs) -> Self {
        args.0
    }
}

impl FromArgMatches for ReleaseArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut release = Release { changed_source: matches.get_flag(CHANGED_SOURCE), ..Release::default() };
        for class in Class::ALL {
            release.set(*class, matches.get_one::<usize>(class.option()).copied().unwrap_or_default());
        }
        Ok(Self(release))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for ReleaseArgs {
    fn augment_args(command: Command) -> Command {
        let number = |class: &Class| {
            let number = Arg::new(class.option()).long(class.option()).value_name("N").help(class.help());
            number.value_parser(value_parser!(usize)).default_value("0").hide_default_value(true)
        };
        let source = "Go on even if HiBob sends many fewer employees or fields than in an earlier accepted run";
        let source = Arg::new(CHANGED_SOURCE).long(CHANGED_SOURCE).action(ArgAction::SetTrue).help(source);
        command.args(Class::ALL.iter().map(number)).arg(source)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
