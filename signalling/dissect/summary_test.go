package dissect_test

import (
	"strings"
	"testing"

	"callmanager/signalling/dissect"
	"callmanager/signalling/sscop"
)

// TestSummarizeKinds: a message, a PDU without one, data that is none, and octets that are no PDU.
func TestSummarizeKinds(t *testing.T) {
	p := sscop.PDU{Type: sscop.SD, Data: []byte{0x09, 0x03, 0x80, 0x07, 0x77, 0x5a, 0x80, 0x00, 0x06, 0x08, 0x80, 0x00, 0x02, 0x80, 0xd1}}
	if s := dissect.Summarize(p.Append(nil)); s.Message != "RELEASE COMPLETE" || s.CallReference.Value != 0x777 || s.Summary == "" {
		t.Errorf("%+v", s)
	}
	p = sscop.PDU{Type: sscop.POLL}
	if s := dissect.Summarize(p.Append(nil)); s.Message != "" || !strings.HasPrefix(s.Summary, "POLL") {
		t.Errorf("%+v", s)
	}
	p = sscop.PDU{Type: sscop.SD, Data: []byte{1, 2, 3}}
	if s := dissect.Summarize(p.Append(nil)); s.Message != "" || !strings.Contains(s.Summary, "no message") {
		t.Errorf("%+v", s)
	}
	if s := dissect.Summarize([]byte{1}); s.Message != "" || s.Summary == "" {
		t.Errorf("%+v", s)
	}
}
