package filter

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"callmanager/vc"
)

// Sizes of the contents of B-HLI and B-LLI in octets (octet 5 on), and how many
// B-LLI a call or a filter may list (Q.2931 4.5.8, 4.5.9, 4.5.19).
const (
	MaxBHLI  = 9
	MaxBLLI  = 13
	MaxBLLIs = 3
)

// Filter says which incoming calls a SAP takes. The zero value takes those for
// selector 0 of any address. The slices are shared, and not to be changed.
type Filter struct {
	// Address is one of the daemon's own, without its selector; the zero value is
	// any of them.
	Address vc.Addr
	// Selector is the last octet of the called AESA, unless AnySelector is set.
	Selector    uint8
	AnySelector bool
	// BHLI is the contents of the B-HLI element that the call must carry. Without
	// it any will do, or with BHLIAbsent none at all.
	BHLI       []byte
	BHLIAbsent bool
	// BLLI are contents of B-LLI elements of which the call must list one. Without
	// them any will do, or with BLLIAbsent none at all.
	BLLI       [][]byte
	BLLIAbsent bool
}

// Normal returns a filter in its one form, or says what is wrong with it.
func Normal(f Filter) (Filter, error) {
	f.Address = f.Address.WithSelector(0)
	if f.AnySelector || f.Address.Kind() == vc.E164 {
		f.AnySelector, f.Selector = true, 0
	}
	switch {
	case len(f.BHLI) > MaxBHLI:
		return f, fmt.Errorf("the B-HLI has %d octets, at most %d fit", len(f.BHLI), MaxBHLI)
	case len(f.BHLI) > 0 && f.BHLIAbsent:
		return f, errors.New("a B-HLI is named that is to be absent")
	case len(f.BLLI) > 0 && f.BLLIAbsent:
		return f, errors.New("a B-LLI is named that is to be absent")
	case len(f.BLLI) > MaxBLLIs:
		return f, fmt.Errorf("%d B-LLI are listed, at most %d are allowed", len(f.BLLI), MaxBLLIs)
	}
	for i, b := range f.BLLI {
		switch {
		case len(b) == 0 || len(b) > MaxBLLI:
			return f, fmt.Errorf("a B-LLI has %d octets, want 1 to %d", len(b), MaxBLLI)
		case contains(f.BLLI[:i], b):
			return f, errors.New("a B-LLI is listed twice")
		}
	}
	return f, nil
}

// Overlaps reports whether a call may meet both filters with the same rank: they
// differ in nothing, or only in B-LLI of which they share one. Both are normal.
func (f *Filter) Overlaps(o *Filter) bool {
	if f.Address != o.Address || f.Selector != o.Selector || f.AnySelector != o.AnySelector ||
		f.BHLIAbsent != o.BHLIAbsent || !bytes.Equal(f.BHLI, o.BHLI) || f.BLLIAbsent != o.BLLIAbsent {
		return false
	}
	if len(f.BLLI) == 0 || len(o.BLLI) == 0 {
		return len(f.BLLI) == len(o.BLLI)
	}
	return slices.ContainsFunc(f.BLLI, func(b []byte) bool { return contains(o.BLLI, b) })
}

// The ranks of what a filter names. Each is above the sum of those below it; a
// B-LLI has 1 to [MaxBLLIs].
const (
	rankBHLI     = 4
	rankSelector = 8
	rankAddress  = 16
)

// Match returns how specifically the filter takes a call to an address with its B-HLI
// and its B-LLI in the caller's order, or -1 if it does not: a filter that names the
// address before one for any, then one that names the selector, then one that says what
// the B-HLI is or that there is none, then one that does so of the B-LLI, of these the
// one that the caller prefers (Q.2931 Annex C).
func (f *Filter) Match(called vc.Addr, bhli []byte, bllis [][]byte) int {
	rank := 0
	if f.Address.IsValid() {
		if !f.Address.SameSystem(called) {
			return -1
		}
		rank += rankAddress
	}
	if !f.AnySelector {
		if f.Selector != called.Selector() {
			return -1
		}
		rank += rankSelector
	}
	if len(f.BHLI) > 0 || f.BHLIAbsent {
		if !bytes.Equal(f.BHLI, bhli) {
			return -1
		}
		rank += rankBHLI
	}
	switch {
	case f.BLLIAbsent:
		if len(bllis) > 0 {
			return -1
		}
		rank += MaxBLLIs
	case len(f.BLLI) > 0:
		i := slices.IndexFunc(bllis, func(b []byte) bool { return contains(f.BLLI, b) })
		if i < 0 || i >= MaxBLLIs {
			return -1
		}
		rank += MaxBLLIs - i
	}
	return rank
}

// Choose returns the B-LLI of a call that the filter takes by: the first one that it
// names, or the caller's first; nil for a call without any.
func (f *Filter) Choose(bllis [][]byte) []byte {
	for _, b := range bllis {
		if contains(f.BLLI, b) {
			return b
		}
	}
	if len(bllis) == 0 {
		return nil
	}
	return bllis[0]
}

func contains(list [][]byte, b []byte) bool {
	return slices.ContainsFunc(list, func(o []byte) bool { return bytes.Equal(o, b) })
}
