pub mod checksum; pub mod decode;
