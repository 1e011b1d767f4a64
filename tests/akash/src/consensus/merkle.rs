//! Merkle trees of CometBFT. **Source** RFC 6962, section 2.1; CometBFT 0.38, `crypto/merkle`.

use crate::address::sha256;

/// A SHA-256.
pub type Hash = [u8; 32];

/// Hash of no leaves.
pub(crate) fn empty() -> Hash {
    sha256(b"")
}

/// Hash of one leaf.
pub(crate) fn leaf(bytes: &[u8]) -> Hash {
    sha256(&[&[0], bytes].concat())
}

/// Hash of two subtrees.
pub(crate) fn inner(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left.as_slice(), right].concat())
}

/// Root over leaves in this order.
pub(crate) fn root<T: AsRef<[u8]>>(leaves: &[T]) -> Hash {
    let hashes: Vec<Hash> = leaves.iter().map(|l| leaf(l.as_ref())).collect();
    of_hashes(&hashes)
}

/// Root over leaves that are hashed already.
pub(crate) fn of_hashes(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => empty(),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(split(many.len()));
            inner(&of_hashes(left), &of_hashes(right))
        }
    }
}

/// The largest power of two below a count of at least two.
fn split(count: usize) -> usize {
    1 << (count - 1).ilog2()
}

/// The neighbours on the way from leaf `index` to the root, lowest first: whether the neighbour is
/// on the left, and its hash.
pub(crate) fn path(hashes: &[Hash], index: usize) -> Vec<(bool, Hash)> {
    let mut index = index;
    let mut out = Vec::new();
    let mut part = hashes;
    while part.len() > 1 {
        let (left, right) = part.split_at(split(part.len()));
        if index < left.len() {
            out.push((false, of_hashes(right)));
            part = left;
        } else {
            index -= left.len();
            out.push((true, of_hashes(left)));
            part = right;
        }
    }
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// **Source** the test vectors of Certificate Transparency, which RFC 6962 describes.
    #[test]
    fn should_hash_like_certificate_transparency() {
        let leaves: [&[u8]; 8] = [
            b"",
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[
                0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
                0x6e, 0x6f,
            ],
        ];
        let rows = [
            (
                0,
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                1,
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            ),
            (
                2,
                "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            ),
            (
                3,
                "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            ),
            (
                8,
                "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
            ),
        ];
        for (count, expected) in rows {
            assert_eq!(
                hex::encode(root(&leaves[..count])),
                expected,
                "{count} leaves"
            );
        }
    }

    #[test]
    fn should_lead_from_each_leaf_to_the_root() {
        for count in 1..=9u8 {
            let leaves: Vec<Hash> = (0..count).map(|i| leaf(&[i])).collect();
            for (index, start) in leaves.iter().enumerate() {
                let mut climbed = *start;
                for (left, other) in path(&leaves, index) {
                    climbed = if left {
                        inner(&other, &climbed)
                    } else {
                        inner(&climbed, &other)
                    };
                }
                assert_eq!(climbed, of_hashes(&leaves), "leaf {index} of {count}");
            }
        }
    }
}
