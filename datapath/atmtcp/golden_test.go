package atmtcp_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath/atmtcp"
	"callmanager/datapath/frame"
	"callmanager/nicio"
	"callmanager/vc"
)

// said is one record of a captured session between two Linux guests.
type said struct {
	from string
	vpi  uint16
	vci  uint16
	sdu  []byte
}

// notice reports whether the record is text about the sender's VCs.
func (s *said) notice() bool { return s.vpi == 0 && s.vci == 0 }

func (s *said) record() []byte { return atmtcp.AppendRecord(nil, s.vpi, s.vci, s.sdu) }

// readSession returns the records of a session in their order.
func readSession(t *testing.T, path string) (all []said) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var at float64
		var from, octets string
		var length int
		var s said
		n, err := fmt.Sscanf(line, "%f %s %d/%d %d %s", &at, &from, &s.vpi, &s.vci, &length, &octets)
		if n == 0 {
			continue // the reading of the line before
		}
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if s.sdu, err = hex.DecodeString(octets); err != nil || len(s.sdu) != length {
			t.Fatalf("%q: %d octets, %v", line, len(s.sdu), err)
		}
		s.from = from[:1]
		all = append(all, s)
	}
	return all
}

// TestGoldenSessions replays the captured sessions, the data with the signalling: RFC 2684 bridging
// with LLC and without (40), Classical IP (43), and the rest. A transport stands in for each side in
// turn. Each SDU of the other side arrives at the right port, on its label, octet by octet; each of
// the side that is stood in for, given to the port, leaves as the record that was captured; and
// nothing is lost, or counted as anything else.
func TestGoldenSessions(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/golden/linux-atm/*.hex")
	if err != nil || len(paths) != 13 {
		t.Fatalf("%d sessions: %v", len(paths), err)
	}
	t.Logf("%-42s %s %8s %8s %8s %8s", "session", "as", "0/5 in", "data in", "notices", "out")
	for _, path := range paths {
		session := readSession(t, path)
		for _, side := range []string{"A", "B"} {
			name := strings.TrimSuffix(filepath.Base(path), ".hex")
			inBubble(t, listening, nil, func(r *rig) { r.replay(name, side, session) })
		}
	}
}

// replay lets the transport stand in for one side of a session.
func (r *rig) replay(name, side string, session []said) {
	r.Helper()
	far := r.connect("192.0.2.1:1000")
	want := map[string]uint64{"connections": 1}
	var control, data, out int
	for i := range session {
		s := &session[i]
		port := r.t.Data()
		if s.vpi == 0 && s.vci == 5 {
			port = r.t.Control()
		}
		switch {
		case s.from == side && s.notice():
			// The captured kernel tells of its VCs; nobody acts on that, and ours does not.
		case s.from == side:
			r.leaves(far, port, s)
			out++
		case s.notice():
			r.send(far, s.record())
			want["rx_records"]++
			want[map[byte]string{'O': "rx_notices_opened", 'C': "rx_notices_closed"}[s.sdu[0]]]++
		default:
			r.send(far, s.record())
			want["rx_records"]++
			r.arrives(port, s)
			if port == r.t.Control() {
				control++
			} else {
				data++
			}
		}
	}
	if diff := cmp.Diff(want, r.counts()); diff != "" {
		r.Errorf("%s as %s: counters:\n%s", name, side, diff)
	}
	c, d := r.t.Control().Stats(), r.t.Data().Stats()
	if c.RxFrames != uint64(control) || d.RxFrames != uint64(data) || c.RxOverrun+d.RxOverrun != 0 {
		r.Errorf("%s as %s: ports %+v and %+v", name, side, c, d)
	}
	notices := want["rx_notices_opened"] + want["rx_notices_closed"]
	r.Logf("%-42s %s  %8d %8d %8d %8d", name, side, control, data, notices, out)
}

// arrives wants the one frame that waits at a port to be the captured SDU.
func (r *rig) arrives(port nicio.Port, s *said) {
	r.Helper()
	frames := batch(2, 9188)
	n, err := port.ReadBatch(frames)
	if n != 1 || err != nil {
		r.Fatalf("%d/%d %x: %d frames, %v", s.vpi, s.vci, s.sdu, n, err)
	}
	label, sdu := sduOf(r.T, &frames[0])
	if label != frame.LabelOf(vc.VPI(s.vpi), vc.VCI(s.vci)) || !bytes.Equal(sdu, s.sdu) {
		r.Errorf("%d/%d %x came on label %x as %x", s.vpi, s.vci, s.sdu, label, sdu)
	}
}

// leaves gives the captured SDU to a port and wants the captured record on the stream.
func (r *rig) leaves(far net.Conn, port nicio.Port, s *said) {
	r.Helper()
	if n, err := port.WriteBatch([]nicio.TxFrame{outFrame(vc.VPI(s.vpi), vc.VCI(s.vci), 0, s.sdu)}); n != 1 || err != nil {
		r.Fatalf("%d/%d %x: %d frames, %v", s.vpi, s.vci, s.sdu, n, err)
	}
	want := s.record()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, want) {
		r.Errorf("wrote %x, %v; captured is %x", got, err, want)
	}
}
