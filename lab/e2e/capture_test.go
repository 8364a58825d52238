package e2e_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/pcapgo"
	"golang.org/x/sys/unix"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab"
	"callmanager/signalling/dissect"
)

// fileCapture is a cmctl capture under way.
type fileCapture struct {
	*program
	path string
}

// startFileCapture starts cmctl capture at a host and waits until it has begun.
func startFileCapture(t *testing.T, h *lab.Host, args ...string) *fileCapture {
	t.Helper()
	path := filepath.Join(t.TempDir(), h.Name+".pcapng")
	f := &fileCapture{cmctl(t, h, nil, append([]string{"capture", "-w", path}, args...)...), path}
	eventually(t, "the capture has begun", func() error {
		if fi, err := os.Stat(path); err != nil || fi.Size() == 0 {
			return fmt.Errorf("nothing is written: %w: %s", err, f.err.String())
		}
		return nil
	})
	return f
}

// stop ends the capture as Ctrl-C does and returns its file.
func (f *fileCapture) stop() string {
	f.tb.Helper()
	f.signal(unix.SIGINT)
	f.want(0, " packets captured, ")
	return f.path
}

// counts returns what the capture said at its end.
func (f *fileCapture) counts() (captured, dropped int) {
	f.tb.Helper()
	m := regexp.MustCompile(`(\d+) packets captured, (\d+) dropped\n$`).FindStringSubmatch(f.err.String())
	if m == nil {
		f.tb.Fatalf("the capture said %q", f.err.String())
	}
	captured, _ = strconv.Atoi(m[1])
	dropped, _ = strconv.Atoi(m[2])
	return captured, dropped
}

// filePacket is a packet of a capture file.
type filePacket struct {
	sent, control bool
	comment       string
	octets        []byte // behind the tags
}

// readPackets reads a file with pcapgo and checks what is true of every capture.
func readPackets(t *testing.T, path string) (packets []filePacket, received, dropped uint64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	statistics := 0
	r, err := pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.NgReaderOptions{
		WantMixedLinkType: true,
		StatisticsCallback: func(_ int, s pcapgo.NgInterfaceStatistics) {
			statistics++
			received, dropped = received+s.PacketsReceived, dropped+s.PacketsDropped
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	last := int64(0)
	for {
		data, ci, o, err := r.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p := filePacket{comment: strings.Join(o.Comments, ";"), sent: o.Flags.Direction == pcapgo.NgEpbFlagDirectionOutbound}
		if !p.sent && o.Flags.Direction != pcapgo.NgEpbFlagDirectionInbound {
			t.Errorf("packet %d: flags %+v", len(packets), o.Flags)
		}
		head := 8 + int(binary.BigEndian.Uint16(data[2:]))
		p.control = bytes.HasPrefix(data[4:], []byte("sscop\x00"))
		p.octets = data[head:]
		packets = append(packets, p)
		if at := ci.Timestamp.UnixNano(); at < last-1e9 {
			t.Errorf("packet %d is %d ns older than the one before", len(packets), last-at)
		} else {
			last = at
		}
	}
	if statistics != r.NInterfaces() || r.NInterfaces() == 0 {
		t.Errorf("%d statistics of %d interfaces", statistics, r.NInterfaces())
	}
	return packets, received, dropped
}

// readFile reads the capture of a run that was traced as well: the signalling is the trace's, tshark names everything in it,
// and the data is what was sent on the VC of a label.
func readFile(t *testing.T, path string, traced []*cmdpb.TraceEvent, label uint32, alice, bob *lab.Host) {
	t.Helper()
	packets, received, dropped := readPackets(t, path)
	if received != uint64(len(packets)) || dropped != 0 {
		t.Errorf("%d packets, %d received and %d dropped", len(packets), received, dropped)
	}
	var events []*cmdpb.TraceEvent
	var data []filePacket
	for _, p := range packets {
		if !p.control {
			data = append(data, p)
			continue
		}
		l := dissect.Summarize(p.octets)
		events = append(events, &cmdpb.TraceEvent{
			Sent: p.sent, Sdu: p.octets, Summary: l.Summary, Message: l.Message, CallReference: l.CallReference.Value,
		})
	}
	for _, sent := range []bool{true, false} {
		want, got := sdusOf(traced, sent), sdusOf(events, sent)
		// The trace began earlier and goes on.
		if !strings.Contains(want, got) || got == "" || !strings.Contains(got, ";09") {
			t.Errorf("sent %t: the capture has\n%s\nthe trace\n%s", sent, got, want)
		}
	}
	sizes := []int{1, 40, 55, 56, 60, 1492}
	if len(data) != len(sizes) {
		t.Fatalf("%d data packets, want %d", len(data), len(sizes))
	}
	comment := fmt.Sprintf("VC %d/%d", label>>16-1, label&0xffff)
	for i, p := range data {
		if !p.sent || p.comment != comment || len(p.octets) != 4+sizes[i] {
			t.Errorf("data packet %d: sent %t, %q, %d octets", i, p.sent, p.comment, len(p.octets))
		}
	}
	readSignalling(t, path, []string{"-Y", "sscop"}, events, alice, bob)
	readLong(t, path, events)
	rows := tshark(t, path, "f", []string{"-Y", "!sscop"}, []string{
		"frame.protocols", "frame.interface_name", "frame.comment", "frame.packet_flags_direction", "pw.cw.seqno", "pw.cw.length", "_ws.malformed",
	})
	for i, r := range rows {
		length := 0
		if sizes[i]+4 < 64 {
			length = sizes[i] + 4
		}
		if !strings.HasPrefix(r[0], "exported_pdu:mplspwatmaal5sdu:") || r[1] != bob.Name || r[2] != comment || decimal(r[3]) != "2" ||
			atoi(t, r[4]) != i+1 || atoi(t, r[5]) != length || r[6] != "" {
			t.Errorf("data packet %d: tshark sees %q", i, r)
		}
	}
	if len(rows) != len(sizes) {
		t.Errorf("tshark sees %d data packets", len(rows))
	}
}

// sdusOf lists the SDUs of one direction.
func sdusOf(events []*cmdpb.TraceEvent, sent bool) string {
	var s strings.Builder
	for _, e := range events {
		if e.GetSent() == sent {
			fmt.Fprintf(&s, ";%x", e.GetSdu())
		}
	}
	return s.String()
}

// readLong lets tshark print every message in its long form: what our own decoder finds of connection identifiers, causes and
// call states must stand there in words and numbers.
func readLong(t *testing.T, path string, events []*cmdpb.TraceEvent) {
	t.Helper()
	cmd := exec.Command("tshark", "-n", "-r", path, "-V", "-Y", "q2931")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	texts := strings.Split("\n"+string(out), "\nFrame ")[1:]
	messages := slices.DeleteFunc(slices.Clone(events), func(e *cmdpb.TraceEvent) bool { return e.GetMessage() == "" })
	if len(texts) != len(messages) {
		t.Fatalf("tshark prints %d messages of %d", len(texts), len(messages))
	}
	channels, causes := 0, 0
	for i, text := range texts {
		d := dissect.Dissect(messages[i].GetSdu(), dissect.Options{})
		wantInOrder(t, text, "Message type: "+d.Message.Name)
		for _, e := range d.Message.Elements {
			if e.Verdict != dissect.OK {
				t.Errorf("%s: %s is %s", d.Message.Name, e.Name, e.Verdict)
			}
			for _, p := range e.Parts {
				switch f := p.Fields[0]; f.Name {
				case "VPCI", "VCI":
					channels++
					wantInOrder(t, text, "Connection identifier", fmt.Sprintf("%s: %d", f.Name, f.Value))
				case "cause":
					causes++
					wantInOrder(t, text, "Cause value: ", fmt.Sprintf("(0x%02x)", f.Value))
				}
			}
		}
	}
	if channels == 0 || causes == 0 {
		t.Errorf("%d numbers of channels and %d causes were seen", channels, causes)
	}
}

// TestCapture: what a capture holds of a busy VC, and what it says that it has lost, is what the link has counted. Nobody else
// notices it, and cmctl decode reads it.
func TestCapture(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	c := startFileCapture(t, alice, "--data")
	ca, cb := dial(t, alice), dial(t, bob)
	before := linkOf(t, ca).GetCounters()
	calling, called := mustConnect(t, ca, cb, bob, 0x42, nil)
	const sdus = 5000
	payload := make([]byte, 600)
	echoed := make(chan error, 1)
	go func() {
		buf := make([]byte, 1500)
		for range sdus {
			s, err := called.Recv(t.Context(), buf)
			if err == nil {
				err = called.Send(t.Context(), s)
			}
			if err != nil {
				echoed <- err
				return
			}
		}
		echoed <- nil
	}()
	buf := make([]byte, 1500)
	const window = 64
	for i := range sdus + window {
		if i < sdus {
			binary.BigEndian.PutUint32(payload, uint32(i))
			if err := calling.Send(t.Context(), client.SDU{Payload: payload}); err != nil {
				t.Fatal(err)
			}
		}
		if i >= window {
			s, err := calling.Recv(t.Context(), buf)
			if err != nil || len(s.Payload) != len(payload) || binary.BigEndian.Uint32(s.Payload) != uint32(i-window) {
				t.Fatalf("echo %d: %d octets, %v", i-window, len(s.Payload), err)
			}
		}
	}
	if err := <-echoed; err != nil {
		t.Fatal(err)
	}
	finish(t, calling, called)
	awaitEmpty(t, alice, bob)
	path := c.stop()
	packets, received, dropped := readPackets(t, path)
	after := linkOf(t, ca).GetCounters()
	passed := counter(after, "tx_sdus") - counter(before, "tx_sdus") + counter(after, "rx_sdus") - counter(before, "rx_sdus")
	if passed != 2*sdus || received != passed || uint64(len(packets))+dropped != passed {
		t.Errorf("%d SDUs have passed, %d packets are captured and %d dropped of %d", passed, len(packets), dropped, received)
	}
	if captured, lost := c.counts(); captured != len(packets) || uint64(lost) != dropped {
		t.Errorf("it said %d and %d, and the file has %d and %d", captured, lost, len(packets), dropped)
	}
	next := map[bool]uint32{}
	for i, p := range packets {
		n := binary.BigEndian.Uint32(p.octets[4:])
		if p.control || len(p.octets) != 4+len(payload) || n < next[p.sent] || dropped == 0 && n != next[p.sent] {
			t.Fatalf("packet %d: control %t, %d octets, SDU %d behind %d", i, p.control, len(p.octets), n, next[p.sent])
		}
		next[p.sent] = n + 1
	}
	if d := launch(t, nil, command(need(t).cmctl, "decode", path)); d.wait() != 0 || strings.Count(d.out.String(), "  data, 600 octets: ") != len(packets) {
		t.Errorf("decode: exit code %d, %s\n%s", d.code, d.err.String(), tail(d.out.String()))
	}
}
