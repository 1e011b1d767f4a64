mod decisions;
mod net;
mod stories;
