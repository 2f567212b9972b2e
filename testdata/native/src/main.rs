//! Rust packs its strings without a NUL between them.
mod config {
    pub static UPLOAD: [(&str, &str); 2] = [
        ("@{id:native-rs-table}", "@{secret:native-rs-table}"),
        ("@{id:native-rs-table-two}", "@{secret:native-rs-table-two}"),
    ];
    pub struct Client { pub id: String, pub secret: String }
    #[inline(never)]
    pub fn client() -> Client {
        Client { id: "@{id:native-rs-heap}".to_string(), secret: "@{secret:native-rs-heap}".to_string() }
    }
}
#[inline(never)]
fn sign(what: &str) -> String {
    connect("before", "@{id:native-rs-sign}", "between", "@{secret:native-rs-sign}", what)
}
#[inline(never)]
fn connect(a: &str, id: &str, b: &str, secret: &str, c: &str) -> String {
    format!("{a}{id}{b}{secret}{c}{}", "@{hash:native-rs}")
}
fn main() {
    let n = std::env::args().count();
    let (id, secret) = config::UPLOAD[n & 1];
    let c = config::client();
    println!("{id}{secret}{}{}{}", c.id, c.secret, sign("x"));
}
