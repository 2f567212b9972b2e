use super::*;
use crate::address::Address;

#[test]
#[ignore = "looks at a file"]
fn look() {
    let path = std::env::var("HBC").unwrap();
    let data = std::fs::read(path).unwrap();
    let blob = Blob { address: Address::named("x"), bytes: &data };
    let r = HermesLens.texts(&blob, &Limits::default(), &mut |text| {
        let mut at = 0;
        for s in text.bytes.split(|b| *b == 0) {
            if s.len() >= 20 {
                let sites = text.sites.resolve(text.bytes, &[at..at + s.len()]);
                println!("{:?}", String::from_utf8_lossy(s));
                for site in &sites[0] {
                    println!(
                        "    {} {:?} {:?}",
                        site.name,
                        site.key,
                        site.scopes.iter().map(|s| (s.class, &s.label, s.order)).collect::<Vec<_>>()
                    );
                }
            }
            at += s.len() + 1;
        }
    });
    println!("{r:?}");
}
