package msg_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// kinds lists what was found, in order: identifier and kind.
func kinds(v msg.Verdict) string {
	var s []string
	for _, f := range v.Findings {
		s = append(s, fmt.Sprintf("%02x %s", uint8(f.ID), f.Kind))
	}
	return strings.Join(s, ", ")
}

// TestElements proves how the elements of a message are told apart (Q.2931 4.5, 5.6.5 to 5.6.8).
func TestElements(t *testing.T) {
	for _, row := range []struct {
		name     string
		typ      msg.Type
		elements string
		want     string
	}{
		{"zero length is absent", msg.Connect, "58800000" + hexConnID, "58 empty, 5a ok"},
		{"zero length of an unknown one", msg.Connect, "33900000", "33 empty"},
		{"zero length with unknown coding", msg.Connect, "58e00000", "58 empty"},
		{"second copy is ignored", msg.Connect, "5a8000058800000040 5a8000058800000041", "5a ok, 5a repeated"},
		{"second copy of a bad one too", msg.Connect, "5a8000028800 5a8000058800000041", "5a bad content, 5a repeated"},
		{"bad second copy is ignored", msg.Connect, hexConnID + "5a9000028800", "5a ok, 5a repeated"},
		{"two causes", msg.Release, hexCause + "088000028092", "08 ok, 08 ok"},
		{"three causes", msg.Release, hexCause + hexCause + hexCause, "08 ok, 08 ok, 08 repeated"},
		{"one cause in STATUS", msg.Status, hexState + hexCause + hexCause, "14 ok, 08 ok, 08 repeated"},
		{"ISO coding", msg.Release, "08a000028090", "08 unknown, 08 missing"},
		{"national coding", msg.Release, "08c000028090", "08 unknown, 08 missing"},
		{"network coding of a cause", msg.Release, "08e000028090", "08 ok"},
		{"unknown copy does not count", msg.Release, "08a000028090" + hexCause + hexCause, "08 unknown, 08 ok, 08 ok"},
		{"extension bit of octet 2 means nothing", msg.Release, "080000028090", "08 ok"},
		{"not expected", msg.Connect, hexCause, "08 unexpected"},
		{"cut short", msg.Release, "088000068090", "08 bad content"},
		{"cut in the header", msg.Release, hexCause + "0880", "08 ok, 08 bad content"},
		{"one octet left", msg.Connect, hexConnID + "33", "5a ok, 33 unknown"},
		{"one octet left of a known one", msg.Connect, hexConnID + "58", "5a ok, 58 bad content"},
		{"too long", msg.Connect, "5a800006880000004000 00", "5a too long, 00 unknown"},
		{"at its maximum", msg.Release, "0880001e80e0" + strings.Repeat("58", 28), "08 ok"},

		{"one BLLI", msg.Setup, hexSetup + hexBLLI, "ok ... 5f ok"},
		{"repeat indicator", msg.Setup, hexSetup + "6380000182" + hexBLLI + hexBLLI + hexBLLI, "ok ... 63 ok, 5f ok, 5f ok, 5f ok"},
		{"four BLLIs", msg.Setup, hexSetup + "6380000182" + hexBLLI + hexBLLI + hexBLLI + hexBLLI, "ok ... 63 ok, 5f ok, 5f ok, 5f ok, 5f repeated"},
		{"no repeat indicator", msg.Setup, hexSetup + hexBLLI + hexBLLI, "ok ... 5f ok, 5f repeated"},
		{"repeat indicator too late", msg.Setup, hexSetup + hexBLLI + "6380000182" + hexBLLI, "ok ... 5f ok, 63 misplaced, 5f repeated"},
		{"repeat indicator too early", msg.Setup, hexSetup + "6380000182" + hexAAL + hexBLLI + hexBLLI, "ok ... 63 misplaced, 58 ok, 5f ok, 5f repeated"},
		{"repeat indicator before an unknown one", msg.Setup, hexSetup + "6380000182 33800001 01" + hexBLLI + hexBLLI, "ok ... 63 misplaced, 33 unknown, 5f ok, 5f repeated"},
		{"repeat indicator before an absent one", msg.Setup, hexSetup + "6380000182 5f800000 33900000" + hexBLLI + hexBLLI, "ok ... 63 ok, 5f empty, 33 empty, 5f ok, 5f ok"},
		{"repeat indicator at the end", msg.Setup, hexSetup + "6380000182", "ok ... 63 misplaced"},
		{"bad repeat indicator", msg.Setup, hexSetup + "638000018a" + hexBLLI + hexBLLI, "ok ... 63 bad content, 5f ok, 5f repeated"},
		{"repeat indicator for one", msg.Setup, hexSetup + "6380000182" + hexBLLI, "ok ... 63 ok, 5f ok"},
		{"bad first choice", msg.Setup, hexSetup + "6380000182 5f800001 4c" + hexBLLI + hexBLLI, "ok ... 63 ok, 5f bad content, 5f ok, 5f ok"},
		{"repeat indicator not expected", msg.Connect, "6380000182" + hexBLLI, "63 unexpected, 5f ok"},

		{"non-locking shift", msg.Connect, "6180000186" + hexConnID + hexAAL, "61 ok, 5a unknown, 58 ok"},
		{"locking shift", msg.Connect, hexAAL + "6080000185" + hexConnID + hexAAL, "58 ok, 60 ok, 5a unknown, 58 unknown"},
		{"locking shift and back for one", msg.Connect, "6080000185 6180000180" + hexConnID + hexAAL, "60 ok, 61 ok, 5a ok, 58 unknown"},
		{"locking shift back", msg.Connect, "6080000186 6080000185" + hexConnID, "60 ok, 60 bad content, 5a unknown"},
		{"locking shift to 0", msg.Connect, "6080000180" + hexConnID, "60 bad content, 5a ok"},
		{"bad shift", msg.Connect, "6080000105" + hexConnID, "60 bad content, 5a ok"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, v, err := msg.Decode(packet(t, row.typ, row.elements), msg.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Replace(kinds(v), "59 ok, 5e ok, 70 ok, 5c ok,", "ok ...", 1)
			if got != row.want {
				t.Errorf("found %s, want %s", got, row.want)
			}
		})
	}
}

// TestLengthField proves that the octets there are count, not the length field.
func TestLengthField(t *testing.T) {
	for _, n := range []byte{0, 1, 8, 10, 255} {
		in := packet(t, msg.Connect, hexConnID)
		in[8] = n
		m, v, err := msg.Decode(in, msg.Options{})
		if err != nil || m.ConnID == nil || v.Decision != msg.Accept || !v.LengthMismatch {
			t.Errorf("length %d: %v, %+v, %v", n, m, v, err)
		}
	}
	if _, v, _ := msg.Decode(packet(t, msg.Connect, hexConnID), msg.Options{}); v.LengthMismatch {
		t.Error("right length called wrong")
	}
}

// TestFindings proves that each finding holds the element's octets and offset.
func TestFindings(t *testing.T) {
	in := packet(t, msg.Connect, hexAAL, "33910002 0102", hexConnID)
	_, v, err := msg.Decode(in, msg.Options{SetupHadEndpointRef: true})
	if err != nil {
		t.Fatal(err)
	}
	off := msg.HeaderLen
	for _, f := range v.Findings[:3] {
		if f.Offset != off || !bytes.Equal(f.Raw, in[off:off+len(f.Raw)]) {
			t.Errorf("%s at %d: %x", f.ID, f.Offset, f.Raw)
		}
		off += len(f.Raw)
	}
	if f := v.Findings[1]; !f.Header.Flag || f.Header.Action != ie.ActionDiscard {
		t.Errorf("header %+v", f.Header)
	}
	if f := v.Findings[3]; off != len(in) || f.ID != ie.IDEndpointRef || f.Offset != -1 || f.Raw != nil || !f.Mandatory {
		t.Errorf("missing element: %+v", f)
	}
}

// TestNoAlias proves that nothing of a decoded message changes with the buffer that it came in.
func TestNoAlias(t *testing.T) {
	in := packet(t, msg.Release, "08800004 80e05859", "27800003 010203", "7fe00005 01 010201 02", "7e800003 040506", "33800002 0708")
	m, v, err := msg.Decode(in, msg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	before, found := fmt.Sprintf("%#v", *m.UserUser)+m.String(), fmt.Sprint(v.Findings)
	want, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	clear(in)
	after, _ := m.Append(nil)
	if before != fmt.Sprintf("%#v", *m.UserUser)+m.String() || !bytes.Equal(want, after) || found != fmt.Sprint(v.Findings) {
		t.Error("the message changed with the buffer")
	}
	// A slice of it that grows does not run into its neighbour.
	_ = append(m.Notification.Info, 0xff)
	_ = append(m.Causes[0].Diagnostic, 0xff)
	if after, _ = m.Append(nil); !bytes.Equal(want, after) {
		t.Error("growing a field changed another one")
	}
}

// TestOrder proves that elements in any order are read and written back in that order.
func TestOrder(t *testing.T) {
	in := packet(t, msg.Setup, "33910001 01", hexQoS, hexCalled, "6380000182", hexBLLI, hexTD, hexBLLI, "0fe10001 02", hexBearer)
	m, v, err := msg.Decode(in, msg.Options{})
	if err != nil || v.Decision != msg.AcceptAndReport {
		t.Fatalf("%v, %v", v, err)
	}
	want := []ie.ID{0, ie.IDQoS, ie.IDCalledNumber, ie.IDBLLI, ie.IDTD, ie.IDBLLI, 0, ie.IDBearer}
	if diff := cmp.Diff(want, m.Order); diff != "" {
		t.Errorf("order (-want +got)\n%s", diff)
	}
	if out, err := m.Append(nil); err != nil || !bytes.Equal(out, in) {
		t.Errorf("wrote\n%x, %v\nwant\n%x", out, err, in)
	}
	m.Order = nil
	canonical := packet(t, msg.Setup, hexTD, hexBearer, "6380000182", hexBLLI, hexBLLI, hexCalled, hexQoS, "33910001 01", "0fe10001 02")
	if out, err := m.Append(nil); err != nil || !bytes.Equal(out, canonical) {
		t.Errorf("wrote\n%x, %v\nwant\n%x", out, err, canonical)
	}
}
