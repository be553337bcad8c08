//! Counts how many instances of modules and components a component makes, before it is compiled. In a file of a
//! kilobyte, components can be nested so that each makes two instances of the next inner one, and compiling would lay
//! out all of them.

use wasmparser::{ComponentInstance, ComponentInstanceSectionReader, Instance, InstanceSectionReader};

/// Most instances of modules and components in a plugin. A plugin built with usual tools has about ten.
const INSTANCES_MAX: u64 = 256;

/// The count, while the sections of a file are read in order.
#[derive(Default)]
pub(super) struct Instances {
    /// The number of instances of each module or component that is open, the outermost first.
    open: Vec<u64>,
    /// The largest number of instances of a component that has been read. The count does not resolve which component an
    /// instance is of, and takes the largest one as an upper bound.
    largest: u64,
}

impl Instances {
    /// A module or a component begins.
    pub(super) fn begin(&mut self) {
        self.open.push(0);
    }

    /// A module or component ends.
    pub(super) fn end(&mut self) {
        self.largest = self.largest.max(self.open.pop().unwrap_or_default());
    }

    /// Counts instances of modules.
    ///
    /// # Errors
    /// The section cannot be read, or there are too many instances.
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
