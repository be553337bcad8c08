//! A change that does more than it says.
