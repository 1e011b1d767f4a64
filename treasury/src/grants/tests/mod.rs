mod net;
mod stories;
