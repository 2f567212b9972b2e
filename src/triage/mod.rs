pub mod checksum;
pub mod decode;
pub mod names;
pub mod placeholders;
