package msg_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// FuzzDecode proves that no octets make Decode or the printer panic, that the input is not
// touched, and that a message that can be written is read as the same again.
func FuzzDecode(f *testing.F) {
	for i, cols := range readTSV(f, "q2931/messages.tsv", 800) {
		if i%8 == 0 {
			f.Add(unhex(f, cols[0]), uint8(i/8))
		}
	}
	for i, cols := range readTSV(f, "q2931/mutated.tsv", 300) {
		if i%6 == 0 {
			f.Add(unhex(f, cols[0]), uint8(i/6))
		}
	}
	f.Add(packet(f, msg.Setup, hexSetup, "6380000182", hexBLLI, hexBLLI), uint8(0))
	f.Add(packet(f, msg.Connect, "6080000185", hexConnID, "6180000180", hexAAL), uint8(0))
	f.Add(packet(f, msg.Restart, hexConnID, "7980000182"), uint8(3))
	f.Fuzz(func(t *testing.T, in []byte, context uint8) {
		opt := msg.Options{
			Profile: msg.Profile(context & 3), FromNetwork: context&4 != 0, FirstResponse: context&8 != 0,
			SetupHadEndpointRef: context&16 != 0, FirstClearing: context&32 != 0, EnquiryHadEndpointRef: context&64 != 0,
		}
		kept := bytes.Clone(in)
		m, v, err := msg.Decode(in, opt)
		if !bytes.Equal(in, kept) {
			t.Fatal("the input changed")
		}
		if err != nil {
			return
		}
		var d msg.Decoder
		if same, v2, err := d.Decode(in, opt); err != nil || !cmp.Equal(m, same) || v2.Decision != v.Decision {
			t.Fatalf("a Decoder reads %+v, %+v, %v", same, v2, err)
		}
		checkFindings(t, in, v)
		_ = m.String()
		out, err := m.AppendPartial(nil)
		if err != nil || v.UnknownType && opt.Profile != msg.Q2931 {
			return
		}
		again, v2, err := msg.Decode(out, opt)
		if err != nil || v2.LengthMismatch {
			t.Fatalf("%x: %v, %v", out, v2, err)
		}
		if diff := cmp.Diff(m, again); diff != "" {
			t.Fatalf("%x\n%x: (-first +second)\n%s", in, out, diff)
		}
	})
}

// checkFindings proves that the findings cover the octets after the header without gap or overlap.
func checkFindings(t *testing.T, in []byte, v msg.Verdict) {
	t.Helper()
	off := msg.HeaderLen
	for _, f := range v.Findings {
		if f.Offset < 0 {
			if f.Kind != msg.MissingMandatory || f.Raw != nil {
				t.Fatalf("finding without octets: %+v", f)
			}
			continue
		}
		if f.Offset != off || !bytes.Equal(f.Raw, in[off:off+len(f.Raw)]) {
			t.Fatalf("%s at %d, not %d", f.ID, f.Offset, off)
		}
		off += len(f.Raw)
	}
	if off != len(in) {
		t.Fatalf("findings end at %d of %d", off, len(in))
	}
	if reported := v.Cause != 0; reported != (v.Decision != msg.Accept && v.Decision != msg.DiscardSilently) || (reported && v.Cause != ie.CauseIncorrectLength) != (len(v.Diagnostics) > 0) || len(v.Diagnostics) > 28 {
		t.Fatalf("%s with cause %d and diagnostics %x", v.Decision, v.Cause, v.Diagnostics)
	}
}
