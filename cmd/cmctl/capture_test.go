package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"callmanager/signalling/dissect"
)

// captured is a packet of a file.
type captured struct {
	control bool
	sent    bool
	comment string
	at      time.Time
	octets  []byte // behind the tags
	length  int
}

// fileStats are the statistics of an interface.
type fileStats struct {
	name              string
	received, dropped uint64
	link              layers.LinkType
}

// readCapture reads a file with another reader than cmctl's own.
func readCapture(t *testing.T, b []byte) (packets []captured, stats []fileStats) {
	t.Helper()
	counted := make(map[int]pcapgo.NgInterfaceStatistics)
	r, err := pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.NgReaderOptions{
		WantMixedLinkType:  true,
		StatisticsCallback: func(i int, s pcapgo.NgInterfaceStatistics) { counted[i] = s },
	})
	if err != nil {
		t.Fatal(err)
	}
	tags := map[string]string{
		"control": "\x00\x0c\x00\x08sscop\x00\x00\x00\x00\x00\x00\x00",
		"data":    "\x00\x0c\x00\x14mpls_pw_atm_aal5_sdu\x00\x00\x00\x00",
	}
	for {
		data, ci, o, err := r.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p := captured{at: ci.Timestamp, comment: strings.Join(o.Comments, ";"), length: ci.Length}
		if o.Flags == nil || o.Flags.Direction == pcapgo.NgEpbFlagDirectionUnknown {
			t.Errorf("packet %d has no direction", len(packets))
		} else {
			p.sent = o.Flags.Direction == pcapgo.NgEpbFlagDirectionOutbound
		}
		head := tags["data"]
		if p.control = bytes.HasPrefix(data, []byte(tags["control"])); p.control {
			head = tags["control"]
		}
		if !bytes.HasPrefix(data, []byte(head)) {
			t.Fatalf("packet %d: %x", len(packets), data)
		}
		p.octets, p.length = data[len(head):], p.length-len(head)
		packets = append(packets, p)
	}
	for i := range r.NInterfaces() {
		intf, err := r.Interface(i)
		if err != nil || intf.Resolution().Exponent != -9 {
			t.Errorf("interface %+v, %v", intf, err)
		}
		stats = append(stats, fileStats{intf.Name, counted[i].PacketsReceived, counted[i].PacketsDropped, intf.LinkType})
	}
	return packets, stats
}

// startCapture starts cmctl capture at a host, and waits until it has begun.
func startCapture(t *testing.T, h *host, args ...string) (p *program, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "x.pcapng")
	p = h.start(nil, nil, append([]string{"capture", "-w", path}, args...)...)
	eventually(t, "the capture has begun", func() error {
		if fi, err := os.Stat(path); err != nil || fi.Size() == 0 {
			return fmt.Errorf("nothing is written: %w", err)
		}
		return nil
	})
	return p, path
}

// A capture of a call and its data is what both sides say that they have sent and received.
func TestCapture(t *testing.T) {
	needAdmin(t)
	alice, bob := startHosts(t)
	whole, wholeFile := startCapture(t, alice)
	control, controlFile := startCapture(t, alice, "--control", "--link", "peer")
	data, dataFile := startCapture(t, alice, "--data", "--vc", "0.32", "--vc", "0/33", "--snaplen", "10")
	l := bob.listen(openInput(t), nil)
	alice.run(strings.NewReader("hello"), "call", "bob").want(0, "")
	l.want(0, "hello")
	awaitEmpty(t, alice, bob)
	var files [][]captured
	for i, p := range []*program{whole, control, data} {
		p.stop()
		p.wait()
		said := p.err.String()
		m := regexp.MustCompile(`^(\d+) packets captured, 0 dropped\n$`).FindStringSubmatch(said)
		path := []string{wholeFile, controlFile, dataFile}[i]
		b, err := os.ReadFile(path)
		if p.code != 0 || m == nil || err != nil {
			t.Fatalf("%v: exit code %d, %q, %v", p.args, p.code, said, err)
		}
		packets, stats := readCapture(t, b)
		if len(stats) != 1 || stats[0] != (fileStats{"peer", uint64(len(packets)), 0, 252}) || fmt.Sprint(len(packets)) != m[1] {
			t.Errorf("%v: %d packets, %+v, %s", p.args, len(packets), stats, said)
		}
		files = append(files, packets)
		if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%v: mode %v, %v", p.args, fi.Mode(), err)
		}
	}
	var messages []string
	payload := 0
	for _, p := range files[0] {
		if p.control {
			if l := dissect.Summarize(p.octets); l.Message != "" {
				messages = append(messages, fmt.Sprintf("%s %t", l.Message, p.sent))
			}
			continue
		}
		payload++
		if !p.sent || string(p.octets[4:]) != "hello" || p.comment != "VC 0/32" {
			t.Errorf("data %+v", p)
		}
	}
	want := "SETUP true CONNECT false CONNECT ACKNOWLEDGE true RELEASE true RELEASE COMPLETE false"
	if got := strings.Join(messages, " "); got != want || payload != 1 {
		t.Errorf("captured %s and %d SDUs, want %s and 1", got, payload, want)
	}
	for _, p := range files[1] {
		if !p.control {
			t.Errorf("data in a capture of control: %+v", p)
		}
	}
	if p := files[2]; len(p) != 1 || p[0].control || p[0].length != 9 || len(p[0].octets) != 9 {
		t.Errorf("data alone: %+v", p)
	}
	// What was captured can be decoded.
	rows := rowsOfDecode(t, "", wholeFile)
	if len(rows) != len(files[0]) || rows[0]["link"] != "peer" || rows[0]["direction"] == nil {
		t.Errorf("decoded %v", rows)
	}
	for _, r := range rows {
		if r["signalling"] == false && (r["channel"] != "0/32" || r["sdu"] != "68656c6c6f") {
			t.Errorf("decoded %v", r)
		}
	}
}

// A capture ends by itself after a number of packets or a time, and writes to standard output.
func TestCaptureEnds(t *testing.T) {
	needAdmin(t)
	alice, bob := startHosts(t)
	three := alice.start(nil, nil, "capture", "-w", "-", "-c", "3")
	eventually(t, "it has begun", func() error {
		if three.out.String() == "" {
			return errors.New("nothing is written")
		}
		return nil
	})
	timed := alice.start(nil, nil, "capture", "-w", "-", "--duration", "1ms")
	watched := alice.start(nil, func(s *streams) { s.terminal, s.patience = true, time.Millisecond }, "capture", "-w", "-")
	l := bob.listen(openInput(t), nil)
	alice.run(strings.NewReader("hello"), "call", "bob").want(0, "")
	l.want(0, "hello")
	three.wait()
	three.want(0, three.out.String(), "3 packets captured, 0 dropped")
	if packets, _ := readCapture(t, []byte(three.out.String())); len(packets) != 3 {
		t.Errorf("%d packets, want 3", len(packets))
	}
	eventually(t, "the count is shown", func() error {
		if !regexp.MustCompile(`\r[1-9]\d* packets, 0 dropped `).MatchString(watched.err.String()) {
			return errors.New(watched.err.String())
		}
		return nil
	})
	watched.stop()
	watched.wait()
	watched.want(0, watched.out.String(), "dropped \r", " packets captured, 0 dropped\n")
	timed.wait()
	timed.want(0, timed.out.String(), "packets captured, 0 dropped")
	if _, stats := readCapture(t, []byte(timed.out.String())); len(stats) != 1 {
		t.Errorf("%v", stats)
	}
}

// What goes wrong is said, and holds nobody.
func TestCaptureFails(t *testing.T) {
	needAdmin(t)
	alice, bob := startHosts(t)
	alice.run(nil, "capture", "-w", filepath.Join(t.TempDir(), "no", "x")).want(1, "", "capture: ", "no such file")
	alice.run(nil, "capture", "-w", "-", "--link", "none").want(1, "", `there is no link "none"`)
	broken := alice.start(nil, func(s *streams) { s.out = &brokenWriter{left: 5} }, "capture", "-w", "-")
	broken.want(1, "", "capture: broken pipe")
	// The end of the daemon ends it: what was captured is whole.
	p, path := startCapture(t, bob)
	bob.close()
	p.want(1, "", "the daemon ends", "packets captured")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, stats := readCapture(t, b); len(stats) != 1 || stats[0].name != "peer" {
		t.Errorf("%v", stats)
	}
	// So does a reader that has stopped reading.
	r, w := io.Pipe()
	t.Cleanup(func() { _ = r.Close() })
	stuck := alice.start(nil, func(s *streams) { s.out = w }, "capture", "-w", "-")
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	stuck.stop()
	stuck.wait()
	if stuck.code != 1 || !strings.Contains(stuck.err.String(), "the output takes nothing more") {
		t.Errorf("exit code %d, %q", stuck.code, stuck.err.String())
	}
}
