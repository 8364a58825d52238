package capfile_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/api/cmdpb"
	"callmanager/cmd/cmctl/capfile"
	"callmanager/signalling/dissect"
)

// What the writer writes the reader reads: links, directions, channels, times and octets.
func TestRoundTrip(t *testing.T) {
	links := []*cmdpb.CaptureLink{{Id: 1, Name: "to-bob", Interface: "eth0"}, {Id: 7, Name: "to-carol", Interface: "eth1"}}
	rapid.Check(t, func(t *rapid.T) {
		var file bytes.Buffer
		w, err := capfile.NewWriter(&file, links, "test", 0)
		if err != nil {
			t.Fatal(err)
		}
		var want, got []capfile.Packet
		for i := range rapid.IntRange(0, 20).Draw(t, "packets") {
			l := links[rapid.IntRange(0, 1).Draw(t, "link")]
			b := rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "octets")
			cut := rapid.IntRange(0, 9).Draw(t, "cut")
			p := &cmdpb.CapturedPacket{
				TimeNs: rapid.Uint64Range(1, 1<<62).Draw(t, "time"), Link: l.GetId(), Sent: rapid.Bool().Draw(t, "sent"),
				Control: rapid.Bool().Draw(t, "control"), Vpi: rapid.Uint32Range(0, 14).Draw(t, "vpi"), Vci: rapid.Uint32Range(32, 65535).Draw(t, "vci"),
				Length: uint32(len(b) + cut), Octets: b,
			}
			q := capfile.Packet{
				Number: i + 1, Link: l.GetName(), Sender: dissect.There, Signalling: p.GetControl(), Missing: cut, SDU: b,
			}
			if p.GetSent() {
				q.Sender = dissect.Here
			}
			if p.GetControl() {
				q.Form = dissect.PDUForm
			} else {
				q.Channel, q.VPI, q.VCI = true, uint16(p.GetVpi()), uint16(p.GetVci())
				p.Octets, p.Length = append([]byte{0, 0, 0, 9}, b...), p.GetLength()+4
				if n := len(b) + cut + 4; n < 64 {
					p.Octets[1] = byte(n)
				}
			}
			if err := w.Write(p); err != nil {
				t.Fatal(err)
			}
			want = append(want, q)
		}
		for _, l := range links {
			if err := w.Stats(l); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		err = capfile.Read(&file, capfile.Labels{}, func(p *capfile.Packet) error {
			if p.Time.IsZero() || p.Offset == 0 || p.Wrong != "" && p.Wrong != "no SDU: zero_length" {
				t.Errorf("packet %+v", p)
			}
			q := *p
			q.Time, q.Offset = want[0].Time, 0
			got = append(got, q)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

// A packet of a link that is not captured, and a capture of no link, are mistakes that are told.
func TestWriterMistakes(t *testing.T) {
	if _, err := capfile.NewWriter(io.Discard, nil, "test", 0); err == nil {
		t.Error("a capture without a link")
	}
	w, err := capfile.NewWriter(io.Discard, []*cmdpb.CaptureLink{{Id: 1}}, "test", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&cmdpb.CapturedPacket{Link: 2}); err == nil {
		t.Error("a packet of another link")
	}
	if err := w.Stats(&cmdpb.CaptureLink{Id: 2}); err != nil {
		t.Error(err)
	}
}

// FuzzRead: whatever file comes is read to its end or to an error, and what it holds can be taken apart.
func FuzzRead(f *testing.F) {
	paths, _ := filepath.Glob("../../../testdata/golden/*/*.*")
	for _, path := range paths {
		if b, err := os.ReadFile(path); err == nil && len(b) < 8<<10 {
			f.Add(b)
		}
	}
	var file bytes.Buffer
	w, err := capfile.NewWriter(&file, []*cmdpb.CaptureLink{{Id: 1, Name: "a"}, {Id: 2, Name: "b"}}, "test", 100)
	if err != nil {
		f.Fatal(err)
	}
	_ = w.Write(&cmdpb.CapturedPacket{Link: 1, Control: true, Octets: []byte{0, 0, 0, 1, 10, 0, 0, 0}})
	_ = w.Write(&cmdpb.CapturedPacket{Link: 2, Sent: true, Vci: 32, Octets: []byte{0, 5, 0, 1, 9}})
	_ = w.Flush()
	f.Add(file.Bytes())
	f.Fuzz(func(_ *testing.T, b []byte) {
		c := dissect.New(dissect.Options{})
		_ = capfile.Read(bytes.NewReader(b), capfile.Labels{Other: &capfile.VC{VCI: 5}}, func(p *capfile.Packet) error {
			_ = c.Next(p.SDU, p.Sender).String()
			return nil
		})
	})
}
