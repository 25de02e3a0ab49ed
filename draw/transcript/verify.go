package transcript

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Options are what a verifier knows from elsewhere than the bundle.
type Options struct {
	Root    *Digest // as announced before the draw
	Receipt []byte  // as the holder was given it
	Key     string  // the operator's verifier key, as published elsewhere
}

// Verify recomputes a bundle or a frozen list. The error is one of reading; all
// that is wrong with the content is in the report. It holds the entries in
// memory and streams everything else: some 350 bytes per entry.
func Verify(r io.Reader, opt Options) (Report, error) {
	v := &verifier{in: newLineReader(r), opt: opt}
	v.report.Complete = opt.Root != nil
	err := v.run()
	var form *FormError
	if err != nil && !errors.As(err, &form) {
		return Report{}, err
	}
	v.report.judge(CheckForm, problem(err), "%d lines were read, written as the format wants them", v.in.number-1)
	if !v.report.Complete {
		v.report.note("only inner consistency was checked: give --root with the root that was announced before the draw")
	}
	return v.report, nil
}

type verifier struct {
	in     *lineReader
	opt    Options
	report Report

	frozen *Frozen
	lines  int64  // leaves of the list
	signed Digest // root in the checkpoint; the recomputed one when that is not to be had
	key    string // that signed the checkpoint
	places []place
}

func (v *verifier) run() error {
	f, tree, err := readFrozen(v.in)
	if err != nil {
		return err
	}
	v.frozen, v.lines = f, tree.size
	v.report.Header, v.report.Root, v.report.Listed, v.report.Stage = f.Header, f.Root, len(f.Entries), StageFrozen
	if !v.report.judge(CheckHeader, headerProblems(f.Header), "wave %s (%s), %d strata, round %d of chain %s",
		f.Header.Wave, f.Header.Name, len(f.Header.Strata), f.Header.Round, f.Header.Chain.Hash) {
		v.report.note("with such a header nothing further can be checked")
		return nil
	}
	if f.Header.Chain.Demo {
		v.report.note("this is a demo chain: whoever holds its key knew the randomness beforehand")
	}
	v.checkpoint()
	v.announced()
	source, err := readSource(v.in)
	if err != nil {
		return err
	}
	v.times(source)
	if err := v.outcome(source); err != nil {
		return err
	}
	v.receipt()
	return v.in.end()
}

// checkpoint compares what was signed with the list. The seed is then made from
// the signed root, so that a list that was tampered with fails here, by name,
// and not as two million wrong ranks.
func (v *verifier) checkpoint() {
	v.signed = v.report.Root
	text, key, err := openNote(v.frozen.Checkpoint, v.frozen.Header.Keys)
	v.report.judge(CheckCheckpoint, v.checkpointProblems(text, err), "signed by %s", key)
	if err != nil {
		return
	}
	v.key = key
	size, root, ok := checkpointRoot(text)
	if !ok {
		return
	}
	v.signed = root
	var problems []string
	switch {
	case size > v.lines:
		problems = append(problems, fmt.Sprintf("the checkpoint was signed over %d lines, the list has %d: %d left out", size, v.lines, size-v.lines))
	case size < v.lines:
		problems = append(problems, fmt.Sprintf("the checkpoint was signed over %d lines, the list has %d: %d added", size, v.lines, v.lines-size))
	case root != v.report.Root:
		problems = append(problems, fmt.Sprintf("the lines of the list give the root %s, but %s was signed: the header, a household or an entry was changed", v.report.Root, root))
	}
	v.report.judge(CheckList, problems, "%d receipts and %d households give the signed root %s", len(v.frozen.Entries), len(v.frozen.Households), root)
}

func (v *verifier) checkpointProblems(text string, err error) []string {
	if err != nil {
		return []string{"the checkpoint's signature does not fit: " + err.Error()}
	}
	header, err := headerLine(v.frozen.Header)
	if err != nil {
		return problem(err)
	}
	size, root, ok := checkpointRoot(text)
	if !ok || text != checkpointText(v.frozen.Header, header, size, root) {
		return []string{"the checkpoint was signed for another header: its lines do not repeat this header's hash, time, round and officials"}
	}
	return nil
}

func checkpointRoot(text string) (size int64, root Digest, ok bool) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) < 4 {
		return 0, Digest{}, false
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	raw, err2 := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || err2 != nil || len(raw) != len(root) {
		return 0, Digest{}, false
	}
	return size, Digest(raw), true
}

func (v *verifier) announced() {
	if v.opt.Root != nil {
		var problems []string
		if *v.opt.Root != v.report.Root {
			problems = append(problems, fmt.Sprintf("the root %s was announced, this list gives %s: it is not the list that was published before the draw", v.opt.Root, v.report.Root))
		}
		v.report.judge(CheckRoot, problems, "the list is the one that was announced")
	}
	if v.opt.Key != "" {
		var problems []string
		if v.opt.Key != v.key {
			problems = append(problems, fmt.Sprintf("the list was not signed with the key %q", v.opt.Key))
		}
		v.report.judge(CheckKey, problems, "the list was signed with the key that was given")
	}
}

func (v *verifier) times(source Source) {
	h := v.frozen.Header
	problems := calendarProblems(h)
	if source.Void == nil || source.Void.Reason != LateFreeze { // there it is the reason, and judged as such
		problems = append(problems, freezeProblems(h)...)
	}
	v.report.judge(CheckTiming, problems, "closed at %d ms, frozen at %d ms, deadline %d ms, round due at %d ms",
		h.ClosesMs, h.FrozenMs, h.FreezeDeadlineMs, RoundTime(h.Chain, h.Round).UnixMilli())
	v.report.judge(CheckRound, roundProblems(h), "round %d is the first one %d s after the freeze deadline", h.Round, h.MinDelayS)
}

func (v *verifier) outcome(source Source) error {
	switch {
	case source.Beacon != nil:
		v.beacon(*source.Beacon)
		v.report.Seed = Seed(v.signed, source.Beacon.Randomness)
	case source.Fallback != nil:
		v.report.judge(CheckFallback, fallbackProblems(v.frozen.Header, *source.Fallback), "both officials' values open their commitments")
		v.report.note(fmt.Sprintf("no file can show that a round was missing: ask any relay for round %d; if it is there, this draw is not valid", v.frozen.Header.Round))
		v.report.Seed = FallbackSeed(v.signed, source.Fallback.Values)
	case source.Void != nil:
		v.report.Stage = StageVoid
		v.report.judge(CheckVoid, voidProblems(v.frozen.Header, *source.Void), "the draw is void: %s", source.Void.Reason)
		return v.seal()
	default:
		v.report.note("the list is frozen and not drawn yet: there are no ranks to check")
		return nil
	}
	v.report.Stage = StageDrawn
	if err := v.ranks(); err != nil {
		return err
	}
	return v.seal()
}

func (v *verifier) beacon(b Beacon) {
	h := v.frozen.Header
	problems := problem(VerifyBeacon(h.Chain, b))
	if b.Round != h.Round {
		problems = append(problems, fmt.Sprintf("the bundle draws with round %d, but the header named round %d", b.Round, h.Round))
	}
	v.report.judge(CheckBeacon, problems, "the chain signed round %d", b.Round)
}

// seal must be called when all lines before it are taken.
func (v *verifier) seal() error {
	all := Digest(v.in.hash.Sum(nil))
	var signed string
	if err := v.in.json(wordSeal, &signed); err != nil {
		return err
	}
	text, _, err := openNote(signed, v.frozen.Header.Keys)
	problems := problem(err)
	if err == nil && text != sealText(v.frozen.Header, v.signed, all) {
		problems = []string{"the file was changed after the operator had sealed it"}
	}
	v.report.judge(CheckSeal, problems, "the operator sealed the whole file")
	return nil
}
