//! Captured network traffic (pcap, pcapng): what went over each TCP connection, either way, put together from its packets. The packets
//! are searched as they are too; in them, what goes on in the next is cut.
//!
//! Segments are put in the order of their numbers; what was sent again counts once; where one is missing, a line end stands.

mod logins;

use super::budget::Budget;
use super::piece::Owned;
use super::{Container, Contents, Member, Opened, Problem};
use crate::blob::Blob;
use crate::ledger::Reason;
use crate::lens::bytes::{size_be, size_le, slice, u16_be, u16_le, u32_be};
use crate::limits::Limits;
use std::collections::HashMap;
use std::ops::Range;

/// Opens captures.
pub struct Pcap;

/// How fields of the file are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn half(self, data: &[u8], at: usize) -> Option<u16> {
        if self == Order::Little { u16_le(data, at) } else { u16_be(data, at) }
    }

    fn size(self, data: &[u8], at: usize) -> Option<usize> {
        if self == Order::Little { size_le(data, at) } else { size_be(data, at) }
    }
}

impl Container for Pcap {
    fn name(&self) -> &'static str {
        "pcap"
    }

    fn reads(&self, blob: &Blob<'_>) -> bool {
        classic(blob.bytes).is_some() || blob.bytes.starts_with(SECTION) && section(blob.bytes, 0).is_some()
    }

    fn open<'b>(&self, blob: &Blob<'b>, limits: &Limits) -> Opened<'b> {
        let data = blob.bytes;
        let mut flows = Flows { data, most: limits.entries, ..Flows::default() };
        match classic(data) {
            Some((order, link)) => packets(data, order, link, &mut flows),
            None => blocks(data, &mut flows),
        }
        let mut opened = Opened::default();
        let logins = flows.logins();
        if !logins.is_empty() {
            opened.members.push(Box::new(Owned { name: b"logins".to_vec(), bytes: logins }));
        }
        // What went over a connection in one packet is found there, unless it is packed.
        let wanted = flows.all.into_iter().filter(|flow| flow.segments.len() > 1 || flow.is_packed());
        opened.members.extend(wanted.map(|flow| Box::new(flow) as Box<dyn Member>));
        if flows.pieces > 0 {
            let detail =
                format!("{} pieces of IP packets are not put together; searched as they are", flows.pieces);
            opened.problems.push(Problem::new(Reason::Unsupported, detail).of_bytes(0));
        }
        if let Some(link) = flows.unknown {
            let detail = format!("packets of link type {link} are not understood; searched as they are");
            opened.problems.push(Problem::new(Reason::Unsupported, detail).of_bytes(0));
        }
        if flows.is_cut {
            let detail =
                format!("more than {} connections; packets of the rest were searched alone", limits.entries);
            opened.problems.push(Problem::new(Reason::Limit, detail));
        }
        opened.gaps.push(0..data.len());
        opened
    }
}

/// Byte order and kind of packets of the old format.
fn classic(data: &[u8]) -> Option<(Order, u32)> {
    let order = match data.first_chunk::<4>()? {
        b"\xd4\xc3\xb2\xa1" | b"\x4d\x3c\xb2\xa1" => Order::Little,
        b"\xa1\xb2\xc3\xd4" | b"\xa1\xb2\x3c\x4d" => Order::Big,
        _ => return None,
    };
    (order.half(data, 4)? == 2).then_some(())?;
    Some((order, order.size(data, 20)? as u32 & 0xffff))
}

fn packets(data: &[u8], order: Order, link: u32, flows: &mut Flows<'_>) {
    let mut at = 24;
    while let Some(len) = order.size(data, at + 8) {
        let start = at + 16;
        let end = start.saturating_add(len).min(data.len());
        flows.packet(start..end, link);
        at = end;
    }
}

const SECTION: &[u8] = b"\x0a\x0d\x0d\x0a";

fn section(data: &[u8], at: usize) -> Option<Order> {
    match slice(data, at + 8, 4)? {
        b"\x4d\x3c\x2b\x1a" => Some(Order::Little),
        b"\x1a\x2b\x3c\x4d" => Some(Order::Big),
        _ => None,
    }
}

/// Blocks of pcapng.
fn blocks(data: &[u8], flows: &mut Flows<'_>) {
    let (mut at, mut order, mut links) = (0, Order::Little, Vec::new());
    loop {
        if data.get(at..).is_some_and(|rest| rest.starts_with(SECTION))
            && let Some(found) = section(data, at)
        {
            order = found;
            links.clear();
        }
        let (Some(kind), Some(len)) = (order.size(data, at), order.size(data, at + 4)) else { return };
        if len < 12 {
            return;
        }
        match kind {
            1 => links.push(order.half(data, at + 8).map_or(0, u32::from)),
            // An enhanced packet, and the old and the simple kind.
            6 | 2 => {
                let number = if kind == 6 {
                    order.size(data, at + 8)
                } else {
                    order.half(data, at + 8).map(usize::from)
                };
                let link = number.and_then(|n| links.get(n));
                if let (Some(link), Some(caught)) = (link, order.size(data, at + 20)) {
                    flows
                        .packet(at + 28..at.saturating_add(28).saturating_add(caught).min(data.len()), *link);
                }
            }
            3 => {
                if let Some(link) = links.first() {
                    flows.packet(at + 12..at.saturating_add(len - 4).min(data.len()), *link);
                }
            }
            _ => {}
        }
        let Some(next) = at.checked_add(len.next_multiple_of(4)) else { return };
        at = next;
    }
}

/// Both ends of a connection, the sender first.
type Ends = (Vec<u8>, Vec<u8>, u16, u16);

#[derive(Default)]
struct Flows<'b> {
    data: &'b [u8],
    most: u64,
    is_cut: bool,
    /// Pieces of packets, and a layer below the network that is not known.
    pieces: u64,
    unknown: Option<u32>,
    numbers: HashMap<Ends, usize>,
    all: Vec<Flow<'b>>,
}

impl Flows<'_> {
    /// The passwords that clients have sent where their protocol says, not a name: a line each below one for its connection.
    fn logins(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for ((from, to, from_port, to_port), number) in &self.numbers {
            let answers = (to.clone(), from.clone(), *to_port, *from_port);
            let heard = self.numbers.get(&answers).map_or_else(Vec::new, |n| self.all[*n].head());
            if let Some((name, password)) = logins::of(&self.all[*number].head(), &heard) {
                let connection = &self.all[*number].name;
                text.push((
                    connection,
                    [&b"# "[..], connection, b"\n", name.as_bytes(), b" = \"", &password, b"\"\n"].concat(),
                ));
            }
        }
        text.sort();
        text.into_iter().flat_map(|(_, lines)| lines).collect()
    }

    fn packet(&mut self, range: Range<usize>, link: u32) {
        let Some(packet) = self.data.get(range.clone()) else { return };
        let segment = segment(packet, link).unwrap_or_else(|unread| {
            match unread {
                Unread::Piece => self.pieces += 1,
                Unread::Link => self.unknown = self.unknown.or(Some(link)),
            }
            None
        });
        if let Some((ends, number, body)) = segment.filter(|(_, _, body)| !body.is_empty()) {
            let next = self.all.len();
            let body = range.start + body.start..range.start + body.end;
            let flow = match self.numbers.get(&ends) {
                Some(flow) => *flow,
                None if next as u64 >= self.most => {
                    self.is_cut = true;
                    return;
                }
                None => {
                    self.all.push(Flow { name: name(&ends), data: self.data, segments: Vec::new() });
                    self.numbers.insert(ends, next);
                    next
                }
            };
            self.all[flow].segments.push((number, body));
        }
    }
}

/// `tcp 10.0.0.1:4000 to 10.0.0.2:80`
fn name((from, to, from_port, to_port): &Ends) -> Vec<u8> {
    let address = |bytes: &[u8]| match (<[u8; 4]>::try_from(bytes), <[u8; 16]>::try_from(bytes)) {
        (Ok(four), _) => std::net::Ipv4Addr::from(four).to_string(),
        (_, Ok(six)) => format!("[{}]", std::net::Ipv6Addr::from(six)),
        _ => String::new(),
    };
    format!("tcp {}:{from_port} to {}:{to_port}", address(from), address(to)).into_bytes()
}

/// Ends of a connection, number and body.
type Segment = (Ends, u32, Range<usize>);

/// Packets in packets that are gone through.
const NESTED: u32 = 4;

/// A packet that may carry a TCP segment, and is not understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unread {
    /// A piece of a packet of the network.
    Piece,
    /// What stands before it is not known.
    Link,
}

/// The TCP segment that a packet carries.
fn segment(packet: &[u8], link: u32) -> Result<Option<Segment>, Unread> {
    // What stands before the packet of the network: of Ethernet, of a loopback, of nothing, of Linux.
    let (kind, at) = match link {
        1 => (u16_be(packet, 12), 14),
        0 | 108 => (Some(0), 4),
        12 | 14 | 101 | 228 | 229 => (Some(0), 0),
        113 => (u16_be(packet, 14), 16),
        276 => (u16_be(packet, 0), 20),
        _ => return Err(Unread::Link),
    };
    network(packet, kind.unwrap_or(1), at, NESTED).transpose()
}

/// The segment in the packet of the network at `at`, which may be in another: of tunnels (IP, GRE, VXLAN).
fn network(packet: &[u8], mut kind: u16, mut at: usize, nested: u32) -> Option<Result<Segment, Unread>> {
    while matches!(kind, 0x8100 | 0x88a8 | 0x9100) {
        kind = u16_be(packet, at + 2)?;
        at += 4;
    }
    match kind {
        // Of PPPoE, behind its head, PPP's own numbers.
        0x8864 => {
            kind = match u16_be(packet, at + 6)? {
                0x21 => 0x0800,
                0x57 => 0x86dd,
                _ => return None,
            };
            at += 8;
        }
        // Labels of MPLS; the last of them says so, and nothing says what is behind it.
        0x8847 | 0x8848 => {
            while packet.get(at + 2)? & 1 == 0 {
                at += 4;
            }
            (kind, at) = (0, at + 4);
        }
        _ => {}
    }
    let version = packet.get(at)? >> 4;
    matches!((kind, version), (0x0800 | 0, 4) | (0x86dd | 0, 6)).then_some(())?;
    let (from, to, protocol, body, end) = if version == 4 {
        let head = usize::from(packet[at] & 15) * 4;
        (head >= 20).then_some(())?;
        if u16_be(packet, at + 6)? & 0x3fff != 0 {
            return Some(Err(Unread::Piece));
        }
        let total = usize::from(u16_be(packet, at + 2)?);
        let end = if total == 0 { packet.len() } else { at + total };
        (slice(packet, at + 12, 4)?, slice(packet, at + 16, 4)?, *packet.get(at + 9)?, at + head, end)
    } else {
        let end = at + 40 + usize::from(u16_be(packet, at + 4)?);
        let (mut protocol, mut body) = (*packet.get(at + 6)?, at + 40);
        // Options, each with its length; few, for they are from a stranger.
        for _ in 0..8 {
            match protocol {
                0 | 43 | 60 => {
                    let [next, len] = *packet.get(body..)?.first_chunk()?;
                    (protocol, body) = (next, body + (usize::from(len) + 1) * 8);
                }
                44 => return Some(Err(Unread::Piece)),
                _ => break,
            }
        }
        (slice(packet, at + 8, 16)?, slice(packet, at + 24, 16)?, protocol, body, end)
    };
    if protocol != 6 {
        let (kind, at) = tunnel(packet, protocol, body).filter(|_| nested > 0)?;
        return network(packet, kind, at, nested - 1);
    }
    let ends = (from.to_vec(), to.to_vec(), u16_be(packet, body)?, u16_be(packet, body + 2)?);
    let start = body + usize::from(packet.get(body + 12)? >> 4) * 4;
    let end = end.min(packet.len());
    (start >= body + 20 && start <= end).then_some(Ok((ends, u32_be(packet, body + 4)?, start..end)))
}

/// Kind and place of the packet in a packet of another protocol.
fn tunnel(packet: &[u8], protocol: u8, body: usize) -> Option<(u16, usize)> {
    const ETHERNET: u16 = 0x6558;
    let (kind, at) = match protocol {
        4 => (0x0800, body),
        41 => (0x86dd, body),
        47 => {
            let flags = u16_be(packet, body)?;
            let fields = [0xc000, 0x2000, 0x1000].iter().filter(|field| flags & **field != 0).count();
            (flags & 7 == 0).then_some((u16_be(packet, body + 2)?, body + 4 + 4 * fields))?
        }
        17 if u16_be(packet, body + 2)? == 4789 => (ETHERNET, body + 16),
        _ => return None,
    };
    Some(if kind == ETHERNET { (u16_be(packet, at + 12)?, at + 14) } else { (kind, at) })
}

struct Flow<'b> {
    name: Vec<u8>,
    data: &'b [u8],
    /// Numbers and places.
    segments: Vec<(u32, Range<usize>)>,
}

impl Flow<'_> {
    /// What the first packets bring, as they were caught.
    fn head(&self) -> Vec<u8> {
        let mut head = Vec::new();
        for (_, range) in &self.segments {
            if head.len() >= logins::HEAD {
                break;
            }
            head.extend_from_slice(self.data.get(range.clone()).unwrap_or_default());
        }
        head.truncate(logins::HEAD);
        head
    }

    /// Whether something is packed in the one packet of the connection: the body of a message of HTTP, or a stream of gzip or zlib, as
    /// HTTP/2, gRPC and databases have them behind heads of their own.
    fn is_packed(&self) -> bool {
        const HEAD: usize = 4 << 10;
        let body =
            self.segments.first().and_then(|(_, range)| self.data.get(range.clone())).unwrap_or_default();
        let body = &body[..body.len().min(HEAD)];
        let is_zlib = |at: usize| matches!(body.get(at + 1), Some(0x01 | 0x5e | 0x9c | 0xda));
        body.starts_with(b"HTTP/1.") && memchr::memmem::find(body, b"ncoding:").is_some()
            || memchr::memmem::find(body, b"\x1f\x8b\x08").is_some()
            || memchr::memchr_iter(0x78, body).any(is_zlib)
    }
}

impl Member for Flow<'_> {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn size_hint(&self) -> u64 {
        self.segments.iter().map(|(_, range)| range.len() as u64).sum()
    }

    fn read<'s>(&'s self, buffer: &'s mut Vec<u8>, budget: &Budget) -> Contents<'s> {
        buffer.clear();
        let size = self.size_hint() + self.segments.len() as u64;
        if let Err(problem) = budget.take_member(size, "the connection") {
            return Contents { bytes: &[], problem: Some(problem) };
        }
        // Numbers wrap around: they count from the first, and what comes late is a little before it at most.
        let first = self.segments.first().map_or(0, |(number, _)| *number);
        let mut order: Vec<(i64, &Range<usize>)> = Vec::with_capacity(self.segments.len());
        let mut last = 0i64;
        for (number, range) in &self.segments {
            let step = number.wrapping_sub(first).wrapping_sub(last as u32) as i32;
            last += i64::from(step);
            order.push((last, range));
        }
        order.sort_by_key(|(at, _)| *at);
        let mut next = order.first().map_or(0, |(at, _)| *at);
        for (at, range) in order {
            let known = usize::try_from(next - at).unwrap_or(0);
            if at > next {
                buffer.push(b'\n');
            }
            let Some(new) = self.data.get(range.clone()).and_then(|bytes| bytes.get(known..)) else {
                continue;
            };
            buffer.extend_from_slice(new);
            next = next.max(at + range.len() as i64);
        }
        Contents { bytes: buffer, problem: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn packet(number: u32, body: &[u8]) -> Vec<u8> {
        let mut out = vec![0; 12];
        out.extend(b"\x08\0\x45\0");
        out.extend((40 + body.len() as u16).to_be_bytes());
        out.extend([0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x0f, 0xa0, 0, 80]);
        out.extend(number.to_be_bytes());
        out.extend([0, 0, 0, 0, 0x50, 0x18, 0, 0, 0, 0, 0, 0]);
        out.extend(body);
        // Ethernet pads short ones.
        out.resize(out.len().max(60), 0);
        out
    }

    fn read(bytes: &[u8]) -> Vec<(String, String)> {
        let blob = Blob { address: Address::named("x"), bytes };
        assert!(Pcap.reads(&blob));
        let opened = Pcap.open(&blob, &Limits::default());
        let (mut buffer, budget) = (Vec::new(), Budget::new(&Limits::default(), 1000));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        opened.members.iter().map(|m| (text(m.name()), text(m.read(&mut buffer, &budget).bytes))).collect()
    }

    #[test]
    fn packets_in_packets() {
        let (link, one) = (1, packet(7, b"some body"));
        let inner = &one[14..];
        let body = |packet: &[u8]| {
            segment(packet, link).map(|found| found.map(|(_, _, body)| packet[body].to_vec()))
        };
        let whole = Ok(Some(b"some body".to_vec()));
        assert_eq!(body(&one), whole);
        let outer = |protocol: u8, head: &[u8], inner: &[u8]| {
            let len = (20 + head.len() + inner.len()) as u16;
            let ip = [
                &[0x45, 0][..],
                &len.to_be_bytes(),
                &[0, 1, 0, 0, 64, protocol, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2],
            ]
            .concat();
            [&one[..14], &ip, head, inner].concat()
        };
        assert_eq!(body(&outer(4, &[], inner)), whole);
        assert_eq!(body(&outer(47, &[0x20, 0, 8, 0, 0, 0, 0, 9], inner)), whole);
        assert_eq!(body(&outer(17, &[1, 1, 0x12, 0xb5, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 1, 0], &one)), whole);
        let behind = |head: &[u8]| [&one[..12], head, inner].concat();
        assert_eq!(body(&behind(b"\x88\x64\x11\0\0\x01\0\x33\0\x21")), whole);
        assert_eq!(body(&behind(b"\x88\x47\0\x01\0\xff\0\x01\x01\xff")), whole);
        assert_eq!(body(&behind(b"\x88\x47\0\x01\0\xff")), Ok(None));
        // Deeper than anybody digs.
        let deep = (0..9).fold(one.clone(), |inner, _| outer(4, &[], &inner[14..]));
        assert_eq!(body(&deep), Ok(None));
        let mut piece = one.clone();
        piece[20] = 0x20;
        assert_eq!(body(&piece), Err(Unread::Piece));
        assert_eq!(segment(&one, 105), Err(Unread::Link));
    }

    #[test]
    fn segments_in_order_once_and_with_what_is_missing() {
        let start = u32::MAX - 2;
        let all = [
            packet(start, b"one "),
            packet(start.wrapping_add(8), b"three "),
            packet(start.wrapping_add(4), b"two "),
            packet(start.wrapping_add(4), b"two three "),
            packet(start.wrapping_add(14), b""),
            packet(start.wrapping_add(20), b"last"),
        ];
        let want = [("tcp 10.0.0.1:4000 to 10.0.0.2:80".to_owned(), "one two three \nlast".to_owned())];
        let mut old = b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0".to_vec();
        let mut new =
            b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0"
                .to_vec();
        new.extend(b"\x01\0\0\0\x14\0\0\0\x01\0\0\0\0\0\0\0\x14\0\0\0");
        for packet in &all {
            let len = (packet.len() as u32).to_le_bytes();
            old.extend([&[0; 8][..], &len, &len, packet].concat());
            let padded = packet.len().next_multiple_of(4);
            let block = (32 + padded as u32).to_le_bytes();
            new.extend([&[6, 0, 0, 0][..], &block, &[0; 12], &len, &len, packet].concat());
            new.resize(new.len() + padded - packet.len(), 0);
            new.extend(block);
        }
        assert_eq!(read(&old), want);
        assert_eq!(read(&new), want);
        old.truncate(100);
        assert_eq!(read(&old), []);
    }
}
