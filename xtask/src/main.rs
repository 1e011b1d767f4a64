//! Every chore of the workspace behind one command.

fn main() {}
