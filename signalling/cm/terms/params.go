package terms

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"callmanager/signalling/filter"
	"callmanager/signalling/primitive"
	"callmanager/vc"
)

// CheckCompatibility checks the sizes of compatibility information (Q.2931 4.5.8, 4.5.9).
func CheckCompatibility(bhli []byte, bllis [][]byte) error {
	if len(bhli) > filter.MaxBHLI {
		return fmt.Errorf("the B-HLI has %d octets, at most %d fit", len(bhli), filter.MaxBHLI)
	}
	if len(bllis) > filter.MaxBLLIs {
		return fmt.Errorf("%d B-LLI are listed, at most %d are allowed", len(bllis), filter.MaxBLLIs)
	}
	for _, b := range bllis {
		if len(b) == 0 || len(b) > filter.MaxBLLI {
			return fmt.Errorf("a B-LLI has %d octets: want 1 to %d", len(b), filter.MaxBLLI)
		}
	}
	return nil
}

// InForce returns the parameters that CONNECT left in force. What it does not carry stands as in SETUP.
func InForce(asked, got primitive.Params) primitive.Params {
	if !got.Called.IsValid() {
		got.Called = asked.Called
	}
	if !got.Calling.IsValid() {
		got.Calling = asked.Calling
	}
	got.Multipoint, got.Permanent = asked.Multipoint, asked.Permanent
	return got
}

// Altered returns the parameters by which a client accepts an offer (INV-51). It may lower the maximum SDU
// sizes (Q.2931 5.2.4.4), choose the rates within what the caller accepts (Q.2962) and choose among the
// offered B-LLI (Annex C). Zero fields of answer keep what was offered.
func Altered(offered primitive.Params, answer *primitive.Params) (primitive.Params, error) {
	p := offered
	want := Completed(answer.Contract, offered.Contract)
	if !offered.Fallback.Accepts(&offered.Contract, &want) {
		return p, errors.New("the rates of the answer are none that the caller accepts: the offer waits")
	}
	p.Contract = p.Contract.WithRates(&want)
	if !alteredSize(&p.Contract.Forward, want.Forward) || !alteredSize(&p.Contract.Backward, want.Backward) ||
		want.Category != p.Contract.Category || len(answer.BHLI) > 0 && !bytes.Equal(answer.BHLI, p.BHLI) {
		return p, errors.New("an answer may alter the maximum SDU sizes, the rates and the B-LLI alone: the offer waits")
	}
	switch {
	case len(answer.BLLI) > 1:
		return p, errors.New("an answer chooses one B-LLI at most: the offer waits")
	case len(answer.BLLI) == 1:
		if !slices.ContainsFunc(offered.BLLI, func(b []byte) bool { return bytes.Equal(b, answer.BLLI[0]) }) {
			return p, errors.New("the B-LLI of the answer was not offered: the offer waits")
		}
		p.BLLI = answer.BLLI
	}
	return p, nil
}

// alteredSize lowers the maximum SDU size of an offered flow to the client's.
// It reports whether the client altered nothing else.
func alteredSize(offered *vc.Flow, got vc.Flow) bool {
	size := min(offered.MaxSDU, got.MaxSDU)
	got.MaxSDU = offered.MaxSDU
	if got != *offered || size < offered.MinPoliced {
		return false
	}
	offered.MaxSDU = size
	return true
}
