//! Damaged snapshots: whatever bytes change, nothing panics and every principal gets an answer.

use keysift::verify::aws::iam::{Account, Caller, Options, assess};

#[test]
fn damaged_snapshots() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/iam/principals/48-own.json"))
            .expect("readable");
    let cases: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let whole = cases["snapshot"].to_string().into_bytes();
    let odd = [b'*', b'"', b'{', b'[', b'0', b'%', 0xff, b':', b'$', b'?'];
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    let mut read = 0;
    for _ in 0..400 {
        let mut bytes = whole.clone();
        for _ in 0..=next(3) {
            let at = next(bytes.len());
            match next(3) {
                0 => bytes[at] = odd[next(odd.len())],
                1 => {
                    let end = (at + next(40)).min(bytes.len());
                    bytes.drain(at..end);
                }
                _ => bytes.insert(at, odd[next(odd.len())]),
            }
        }
        let Ok(account) = Account::from_authorization_details(&bytes) else { continue };
        read += 1;
        let arns: Vec<String> = account.users.keys().step_by(5).cloned().collect();
        for arn in arns {
            let caller = Caller { arn, ..Caller::default() };
            assert!(!assess(&account, &caller, &Options::default()).graph.nodes.is_empty());
        }
    }
    assert!(read > 20, "only {read} damaged snapshots could still be read");
}
