package e2e_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab"
	"callmanager/signalling/sscop"
)

// Link types of capture files.
const (
	linkEthernet = 1
	linkSunATM   = 123
	linkExported = 252
)

// writePcap writes packets as a capture file.
func writePcap(t *testing.T, link uint32, packets [][]byte) string {
	t.Helper()
	var b []byte
	le := binary.LittleEndian
	b = le.AppendUint32(b, 0xa1b2c3d4)
	b = le.AppendUint16(le.AppendUint16(b, 2), 4)
	b = le.AppendUint32(le.AppendUint64(b, 0), 1<<16)
	b = le.AppendUint32(b, link)
	for i, p := range packets {
		b = le.AppendUint32(le.AppendUint32(b, 1700000000), uint32(i))
		b = le.AppendUint32(le.AppendUint32(b, uint32(len(p))), uint32(len(p)))
		b = append(b, p...)
	}
	path := filepath.Join(t.TempDir(), fmt.Sprintf("link%d.pcap", link))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tshark reads a file and returns, for each packet, the values of fields. Of a field that occurs more than once it
// gives the first value (occurrence f) or all, separated by "|" (occurrence a).
func tshark(t *testing.T, path, occurrence string, options, fields []string) [][]string {
	t.Helper()
	args := append([]string{"-n", "-r", path, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=" + occurrence, "-E", "aggregator=|"}, options...)
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	cmd := exec.Command("tshark", args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	var rows [][]string
	for line := range strings.Lines(string(out)) {
		row := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(row) != len(fields) {
			t.Fatalf("tshark printed %q for fields %q", line, fields)
		}
		rows = append(rows, row)
	}
	return rows
}

// recording is what the trace of a daemon has told.
type recording struct {
	mu     sync.Mutex
	events []*cmdpb.TraceEvent
}

// record traces a daemon.
func record(t *testing.T, h *lab.Host) *recording {
	t.Helper()
	r := new(recording)
	err := dial(t, h).Trace(t.Context(), "", func(e *cmdpb.TraceEvent) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, e)
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// all returns the events so far.
func (r *recording) all() []*cmdpb.TraceEvent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// await waits for a message.
func (r *recording) await(t *testing.T, message string) {
	t.Helper()
	eventually(t, "the trace shows "+message, func() error {
		for _, e := range r.all() {
			if e.GetMessage() == message {
				return nil
			}
		}
		return fmt.Errorf("%d other events", len(r.all()))
	})
}

// messageTypes are the messages that a point-to-point call and the link exchange (Q.2931 clause 4.4), by the number by which
// tshark tells them.
var messageTypes = map[string]string{
	"1": "ALERTING", "2": "CALL PROCEEDING", "5": "SETUP", "7": "CONNECT", "15": "CONNECT ACKNOWLEDGE",
	"70": "RESTART", "77": "RELEASE", "78": "RESTART ACKNOWLEDGE", "90": "RELEASE COMPLETE",
	"117": "STATUS ENQUIRY", "125": "STATUS",
}

// TestShark: an independent decoder reads what is on the wire and what is traced.
func TestShark(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("needs the program tshark (Debian package tshark)")
	}
	l := prepare(t, lab.Config{})
	alice, bob := l.Hosts()[0], l.Hosts()[1]
	for _, h := range l.Hosts() { // tshark does not know local addresses (AFI 49)
		h.Address = icdPrefix + strings.ReplaceAll(h.MAC, ":", "") + "00"
		setAddress(t, h)
	}
	wire := startCapture(t, bob)
	start(t, alice)
	trace := record(t, alice) // from the first PDU on
	captured := startFileCapture(t, alice)
	start(t, bob)
	awaitLinks(t, l)
	label := everyMessage(t, trace, alice, bob)
	awaitEmpty(t, alice, bob)
	wire.stop()
	file := captured.stop()

	t.Run("capture", func(t *testing.T) { readFile(t, file, trace.all(), label, alice, bob) })
	t.Run("raw trace", func(t *testing.T) { readWire(t, wire.frames, label) })
	events := trace.all()
	seen := make(map[string]bool)
	for _, e := range events {
		seen[e.GetMessage()] = true
	}
	for _, name := range slices.Sorted(maps.Values(messageTypes)) {
		if !seen[name] {
			t.Errorf("the test has made the daemons send no %s", name)
		}
	}
	for _, form := range []struct {
		name string
		link uint32
		head func(sent bool) []byte
	}{
		{"exported PDU", linkExported, func(bool) []byte {
			return []byte("\x00\x0c\x00\x08sscop\x00\x00\x00\x00\x00\x00\x00") // tag 12 names the dissector, tag 0 ends
		}},
		{"SunATM", linkSunATM, func(sent bool) []byte {
			direction := map[bool]byte{true: 0x80}[sent]
			return []byte{direction | 6, 0, 0, 5} // signalling on 0/5
		}},
	} {
		t.Run(form.name, func(t *testing.T) {
			var packets [][]byte
			for _, e := range events {
				packets = append(packets, append(form.head(e.GetSent()), e.GetSdu()...))
			}
			readSignalling(t, writePcap(t, form.link, packets), nil, events, alice, bob)
		})
	}
}

// icdPrefix is the beginning of addresses under an international code designator (AFI 47).
const icdPrefix = "47000580ffe1000000f21a1234"

// setAddress gives the daemon of a host its address, before it starts.
func setAddress(t *testing.T, h *lab.Host) {
	t.Helper()
	text, err := os.ReadFile(h.Config())
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("[daemon]\n"), fmt.Appendf(nil, "[daemon]\naddress = %q\n", h.Address), 1)
	if err := os.WriteFile(h.Config(), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// everyMessage makes the daemons send every message type, and data on a VC, whose label it returns.
func everyMessage(t *testing.T, trace *recording, alice, bob *lab.Host) (label uint32) {
	t.Helper()
	ca, cb := dial(t, alice), dial(t, bob)
	// From the network side to a user who takes his time: ALERTING.
	l, err := cb.Listen(t.Context(), client.SAP{Selector: new(uint8(0x42))})
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan *client.VC, 1)
	go func() {
		defer close(accepted)
		if o, err := l.Accept(t.Context()); err == nil {
			trace.await(t, "ALERTING")
			if v, err := o.Accept(t.Context()); err == nil {
				accepted <- v
			}
		}
	}()
	o := reserve(50e6)
	o.BHLI = []byte{0x81, 1, 2, 3, 4} // user specific
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	o.BLLI = [][]byte{{0xCC}} // layer 2: LAN LLC
	calling, err := ca.Call(ctx, withSelector(bob, 0x42), o)
	if err != nil {
		t.Fatal(err)
	}
	called := <-accepted
	ch := calling.Channel()
	label = (ch.GetVpi()+1)<<16 | ch.GetVci()
	for _, n := range []int{1, 40, 55, 56, 60, 1492} {
		if err := calling.Send(t.Context(), client.SDU{Payload: make([]byte, n), UU: uint8(n & 1), CLP: n == 40}); err != nil {
			t.Fatal(err)
		}
		if s, err := called.Recv(t.Context(), make([]byte, 1492)); err != nil || len(s.Payload) != n {
			t.Fatalf("an SDU of %d octets arrives with %d, %v", n, len(s.Payload), err)
		}
	}
	// The signalling connection is broken by a forged END: STATUS ENQUIRY and STATUS audit the call.
	s := &signaller{attacker: newAttacker(t, alice, bob)}
	s.pdu((&sscop.PDU{Type: sscop.END}).Append(nil))
	trace.await(t, "STATUS ENQUIRY")
	trace.await(t, "STATUS")
	if err := calling.Close(); err != nil {
		t.Fatal(err)
	}
	<-called.Released()
	_ = called.Close()
	// From the user side: CALL PROCEEDING; and one that is refused.
	calling, called = mustConnect(t, cb, ca, alice, 0x43, nil)
	finish(t, calling, called)
	if _, err := ca.Call(ctx, withSelector(bob, 0x44), nil); err == nil {
		t.Error("a call to nobody succeeds")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	return label
}

// readWire lets tshark read the frames as AAL5 SDU mode and checks every control word.
func readWire(t *testing.T, frames [][]byte, label uint32) {
	t.Helper()
	var labelled [][]byte
	for _, f := range frames {
		if len(f) > 14 && binary.BigEndian.Uint16(f[12:]) == 0x8847 {
			labelled = append(labelled, f)
		}
	}
	rows := tshark(t, writePcap(t, linkEthernet, labelled), "f",
		[]string{"-d", "mpls.label==65541,mplspwatmaal5sdu", "-d", fmt.Sprintf("mpls.label==%d,mplspwatmaal5sdu", label)},
		[]string{"eth.src", "mpls.label", "mpls.bottom", "mpls.ttl", "pw.cw.bits03", "pw.cw.length", "pw.cw.seqno", "pw.cw.aal5sdu.u", "atm.clp", "_ws.col.Protocol"})
	if len(rows) != len(labelled) {
		t.Fatalf("tshark read %d of %d frames", len(rows), len(labelled))
	}
	next := make(map[string]int) // sequence number by sender and label
	perLabel := make(map[string]int)
	for i, r := range rows {
		f := labelled[i]
		fault := func(format string, v ...any) {
			t.Errorf("frame %d, %x...: %s", i, f[:min(len(f), 26)], fmt.Sprintf(format, v...))
		}
		if r[2] != "1" || r[3] != "255" || r[4] != "0x00" && r[4] != "0" {
			fault("bottom of stack %s, TTL %s, first nibble %s; want 1, 255, 0", r[2], r[3], r[4])
		}
		want := len(f) - 18 // control word and SDU
		if want >= 64 {
			want = 0
		}
		if n := atoi(t, r[5]); n != want {
			fault("length field %d, want %d", n, want)
		}
		perLabel[r[1]]++
		key := r[0] + " " + r[1]
		switch seq := atoi(t, r[6]); {
		case seq == 0 && r[1] == "65541": // the forged one
		case seq != next[key]+1:
			fault("sequence number %d of %s, want %d", seq, key, next[key]+1)
		default:
			next[key]++
		}
	}
	if perLabel["65541"] < 20 {
		t.Errorf("only %d frames on the control VC", perLabel["65541"])
	}
	if n := perLabel[strconv.Itoa(int(label))]; n != 6 {
		t.Errorf("%d frames on the data VC, want 6", n)
	}
	var uu, clp int
	for i, r := range rows {
		if r[1] == strconv.Itoa(int(label)) {
			uu += atoi(t, r[7])
			clp += atoi(t, r[8])
			if len(labelled[i]) == 14+8+40 && r[8] != "1" {
				t.Errorf("the SDU of 40 octets has CLP %s, want 1", r[8])
			}
		}
	}
	if uu != 2 || clp != 1 {
		t.Errorf("U is set in %d frames and CLP in %d, want 2 and 1", uu, clp)
	}
}

// atoi reads a number as tshark prints it.
func atoi(t *testing.T, s string) int {
	t.Helper()
	switch s {
	case "True":
		return 1
	case "False":
		return 0
	}
	n, err := strconv.ParseInt(s, 0, 64)
	if err != nil {
		t.Fatalf("tshark printed %q, want a number", s)
	}
	return int(n)
}

// falseFindings are the mistakes of tshark's Q.2931 dissector, which reads one octet past two elements: two notes on a SETUP,
// and "malformed" for a message that ends in an AAL parameters element.
var falseFindings = []string{"Unknown AAL parameter", "Unknown ATM traffic descriptor element"}

// readSignalling lets tshark read the PDUs, chosen by options, and compares with what the daemon says of them.
func readSignalling(t *testing.T, path string, options []string, events []*cmdpb.TraceEvent, alice, bob *lab.Host) {
	t.Helper()
	rows := tshark(t, path, "a", options, []string{
		"frame.protocols", "q2931.message_type", "q2931.call_ref", "_ws.expert.message", "_ws.malformed",
	})
	if len(rows) != len(events) {
		t.Fatalf("tshark read %d of %d PDUs", len(rows), len(events))
	}
	for i, r := range rows {
		e := events[i]
		fault := func(format string, v ...any) {
			t.Errorf("PDU %d, %q, %x: %s", i, e.GetSummary(), e.GetSdu(), fmt.Sprintf(format, v...))
		}
		if !strings.Contains(r[0], "sscop") {
			fault("tshark sees %s", r[0])
			continue
		}
		if e.GetMessage() != messageTypes[decimal(r[1])] {
			fault("tshark sees message type %q", r[1])
		}
		if strings.Contains(r[0], "q2931") != (e.GetMessage() != "") {
			fault("tshark sees the protocols %s", r[0])
		}
		if ref := fmt.Sprintf("%06x", e.GetCallReference()); e.GetMessage() != "" && strings.ReplaceAll(r[2], ":", "") != ref {
			fault("tshark sees call reference %s, want %s", r[2], ref)
		}
		for finding := range strings.SplitSeq(r[3], "|") {
			if !isFalse(e, finding) {
				fault("tshark complains: %s", finding)
			}
		}
		if r[4] != "" && !endsInAAL(e) {
			fault("tshark sees a malformed packet")
		}
	}
	var setups []*cmdpb.TraceEvent
	for _, e := range events {
		if e.GetMessage() == "SETUP" {
			setups = append(setups, e)
		}
	}
	readSetups(t, path, setups, alice, bob)
}

// isFalse reports whether a finding is none, or one of the three false ones.
func isFalse(e *cmdpb.TraceEvent, finding string) bool {
	switch {
	case finding == "":
		return true
	case strings.HasPrefix(finding, "Malformed"):
		return endsInAAL(e)
	}
	return e.GetMessage() == "SETUP" && slices.Contains(falseFindings, finding)
}

// decimal brings a number into decimal digits; tshark prints some in hexadecimal.
func decimal(s string) string {
	n, err := strconv.ParseInt(s, 0, 64)
	if err != nil {
		return s
	}
	return strconv.FormatInt(n, 10)
}

// endsInAAL reports whether the message of an event ends in an AAL parameters element (58, 13 octets).
func endsInAAL(e *cmdpb.TraceEvent) bool {
	b := e.GetSdu()
	b = b[:len(b)-4] // the trailer of an SD, whose first two bits tell the padding
	pad := int(e.GetSdu()[len(b)] >> 6)
	b = b[:len(b)-pad]
	const header, sizes = 4, 7 // element header; type and both sizes
	return e.GetMessage() != "" && (endsWith(b, header+sizes) || endsWith(b, header+sizes+2))
}

// endsWith reports whether the last n octets are an AAL parameters element.
func endsWith(b []byte, n int) bool {
	return len(b) > n && b[len(b)-n] == 0x58 && int(binary.BigEndian.Uint16(b[len(b)-n+2:])) == n-4
}

// readSetups lets tshark print the SETUPs in its long form: the numbers and the traffic descriptor must stand in each.
func readSetups(t *testing.T, path string, setups []*cmdpb.TraceEvent, alice, bob *lab.Host) {
	t.Helper()
	cmd := exec.Command("tshark", "-n", "-r", path, "-V", "-Y", "q2931.message_type == 5")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	texts := strings.Split("\n"+string(out), "\nFrame ")[1:]
	if len(texts) != len(setups) || len(setups) != 3 {
		t.Fatalf("tshark prints %d SETUPs of %d, want 3", len(texts), len(setups))
	}
	for i, text := range texts {
		from, to := alice, bob
		if !setups[i].GetSent() {
			from, to = bob, alice
		}
		// The calls go to selectors 42, 43 and 44; the first is CBR of 130209 cells/s, the others are best effort at the most
		// that a descriptor holds.
		rate, selector := "16777215 cells/s", fmt.Sprintf("Selector: 0x%d", 42+i)
		if i == 0 {
			rate = "130209 cells/s"
			wantInOrder(t, text, "Broadband high-layer information", "User-specific (0x01)")
		} else {
			wantInOrder(t, text, "ATM user cell rate", "Best effort indicator")
		}
		wantInOrder(t, text, "AAL type 5", "Forward maximum CPCS-SDU size: 1492", "Backward maximum CPCS-SDU size: 1492")
		wantInOrder(t, text, "ATM user cell rate", "Forward peak cell rate (CLP = 0 + 1)", rate, "Backward peak cell rate (CLP = 0 + 1)", rate)
		wantInOrder(t, text, "Broadband bearer capability", "BCOB-X", "Point-to-point")
		wantInOrder(t, text, "Called party number", "ICD ATM format (0x47)", "0x0005", icdPrefix[6:],
			"End System Identifier: "+to.Address[26:38], selector)
		wantInOrder(t, text, "Calling party number", icdPrefix[6:], "End System Identifier: "+from.Address[26:38], "Selector: 0x00")
	}
}

// wantInOrder checks that a text has parts one after the other.
func wantInOrder(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, p := range parts {
		_, after, ok := strings.Cut(rest, p)
		if !ok {
			t.Errorf("tshark's long form of a SETUP lacks %q of %q:\n%s", p, parts, text)
			return
		}
		rest = after
	}
}
