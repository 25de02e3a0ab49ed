package transcript

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// frontier computes the RFC 6962 root of a stream of leaves. It keeps the last
// complete subtree of every height: all that tlog asks for when leaves are only
// appended, so two million entries cost 21 hashes of memory.
type frontier struct {
	size   int64
	levels []subtree
}

type subtree struct {
	n    int64
	hash tlog.Hash
}

func (f *frontier) add(leaf []byte) error {
	hashes, err := tlog.StoredHashes(f.size, leaf, f)
	if err != nil {
		return fmt.Errorf("add leaf %d: %w", f.size, err)
	}
	for level, hash := range hashes {
		if level == len(f.levels) {
			f.levels = append(f.levels, subtree{})
		}
		f.levels[level] = subtree{n: f.size >> level, hash: hash}
	}
	f.size++
	return nil
}

func (f *frontier) root() (Digest, error) {
	hash, err := tlog.TreeHash(f.size, f)
	return Digest(hash), err
}

// ReadHashes implements tlog.HashReader.
func (f *frontier) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		if level >= len(f.levels) || f.levels[level].n != n {
			return nil, fmt.Errorf("subtree %d of height %d is gone", n, level)
		}
		hashes[i] = f.levels[level].hash
	}
	return hashes, nil
}

// Inclusion proves that one line belongs to the list with a root: with the
// line, the index, the size and the path anyone can compute the root.
type Inclusion struct {
	Index int64 // of the leaf, from 0: the header
	Size  int64
	Path  []Digest // RFC 6962 audit path, from the leaf upwards
}

// Include proves the entry at position i of the frozen list.
func Include(f *Frozen, i int) (Inclusion, error) {
	header, err := headerLine(f.Header)
	if err != nil {
		return Inclusion{}, err
	}
	l := leaves{frozen: f, header: header}
	index, size := int64(1+len(f.Households)+i), int64(1+len(f.Households)+len(f.Entries))
	proof, err := tlog.ProveRecord(size, index, tlog.HashReaderFunc(l.read))
	if err != nil {
		return Inclusion{}, fmt.Errorf("prove leaf %d of %d: %w", index, size, err)
	}
	path := make([]Digest, len(proof))
	for i, hash := range proof {
		path[i] = Digest(hash)
	}
	return Inclusion{Index: index, Size: size, Path: path}, nil
}

// Check says whether the line is in the list with this root.
func (p Inclusion) Check(root Digest, e Entry) error {
	proof := make(tlog.RecordProof, len(p.Path))
	for i, hash := range p.Path {
		proof[i] = tlog.Hash(hash)
	}
	if err := tlog.CheckRecord(proof, p.Size, tlog.Hash(root), p.Index, tlog.RecordHash(appendEntry(nil, e))); err != nil {
		return fmt.Errorf("leaf %d of %d: %w", p.Index, p.Size, err)
	}
	return nil
}

// leaves computes any subtree of a frozen list anew from its lines.
type leaves struct {
	frozen *Frozen
	header []byte
}

func (l leaves) read(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = l.subtree(tlog.SplitStoredHashIndex(index))
	}
	return hashes, nil
}

func (l leaves) subtree(level int, n int64) tlog.Hash {
	if level == 0 {
		return tlog.RecordHash(l.line(int(n)))
	}
	return tlog.NodeHash(l.subtree(level-1, 2*n), l.subtree(level-1, 2*n+1))
}

func (l leaves) line(n int) []byte {
	if n == 0 {
		return l.header
	}
	if n--; n < len(l.frozen.Households) {
		return appendHousehold(nil, l.frozen.Households[n])
	}
	return appendEntry(nil, l.frozen.Entries[n-len(l.frozen.Households)])
}
