//! How many instances a component makes of what is in it, counted before it is compiled: a file of a kilobyte can hold
//! components around each other, each of which has two of the one within, and compiling lays all of them out.

use wasmparser::{ComponentInstance, ComponentInstanceSectionReader, Instance, InstanceSectionReader};

/// Most instances of modules and components that a plugin may consist of. A plugin from a usual tool has about ten.
const INSTANCES_MAX: u64 = 256;

/// The count, while a file's sections are read in their order.
#[derive(Default)]
pub(super) struct Instances {
    /// For each module or component that is being read, the outermost first.
    open: Vec<u64>,
    /// Of all components that were read, the one with the most. Which one is meant, the index spaces would tell; for an
    /// upper bound the largest will do.
    largest: u64,
}

impl Instances {
    /// A module or a component begins.
    pub(super) fn begin(&mut self) {
        self.open.push(0);
    }

    /// It ends.
    pub(super) fn end(&mut self) {
        self.largest = self.largest.max(self.open.pop().unwrap_or_default());
    }

    /// Counts instances of modules.
    ///
    /// # Errors
    /// The section is broken, or there are too many.
    pub(super) fn modules(&mut self, section: InstanceSectionReader<'_>) -> Result<(), String> {
        for instance in section {
            if let Instance::Instantiate { .. } = instance.map_err(|error| error.message().to_owned())? {
                self.more(1)?;
            }
        }
        Ok(())
    }

    /// Counts instances of components.
    ///
    /// # Errors
    /// As [`Self::modules`].
    pub(super) fn components(&mut self, section: ComponentInstanceSectionReader<'_>) -> Result<(), String> {
        for instance in section {
            if let ComponentInstance::Instantiate { .. } = instance.map_err(|error| error.message().to_owned())? {
                self.more(1 + self.largest)?;
            }
        }
        Ok(())
    }

    fn more(&mut self, number: u64) -> Result<(), String> {
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        *open += number;
        if *open > INSTANCES_MAX {
            return Err(format!("it consists of more than {INSTANCES_MAX} instances of modules and components"));
        }
        Ok(())
    }
}
