//! Components whose very shape is the attack. They are refused when they are loaded, before anything of them runs.
