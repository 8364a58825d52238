package capfile_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/pcapgo"

	"callmanager/api/cmdpb"
	"callmanager/cmd/cmctl/capfile"
	"callmanager/signalling/dissect"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscop"
)

const golden = "../../../testdata/golden/"

// raw returns the records of a capture as they stand in the file.
func raw(t *testing.T, path string) (records [][]byte) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapgo.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for {
		b, _, err := r.ReadPacketData()
		if err != nil {
			return records
		}
		records = append(records, b)
	}
}

// read returns the packets of a capture.
func read(t *testing.T, r io.Reader) (packets []capfile.Packet) {
	t.Helper()
	err := capfile.Read(r, capfile.Labels{}, func(p *capfile.Packet) error {
		q := *p
		q.SDU = bytes.Clone(p.SDU)
		packets = append(packets, q)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packets
}

// TestGoldenCaptures reads every packet of the captures of upper layers: who sent
// it on which channel, and where in the record its SDU begins.
func TestGoldenCaptures(t *testing.T) {
	for _, row := range []struct {
		file string
		want []string
	}{
		{"encapsulation/sunatm.pcap", []string{
			"there 1/100 from 4", "here 1/100 from 4", "there 0/5 from 4 signalling", "here 0/5 from 4 signalling",
			"there 0/5 from 4 signalling", "there 0/5 from 4 signalling", "there 1/100 from 4", "there 1/100 from 4",
			"there 1/100 from 4", "there 0/16 from 4",
		}},
		{"encapsulation/upper_pdu.pcap", []string{
			"from 16 signalling", "from 16 signalling", "from 16 signalling", "from 16 signalling",
			`from 12: the PDU is for dissector "llc"`, `from 28: the PDU is for dissector "mpls_pw_atm_n1_cw"`, "from 32",
		}},
	} {
		f, err := os.Open(filepath.Join(golden, row.file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		records := raw(t, filepath.Join(golden, row.file))
		var got []string
		for i, p := range read(t, f) {
			s := ""
			if p.Channel {
				s = fmt.Sprintf("%s %d/%d ", map[dissect.Sender]string{dissect.AnyEnd: "", dissect.Here: "here", dissect.There: "there"}[p.Sender], p.VPI, p.VCI)
			}
			s += fmt.Sprint("from ", len(records[i])-len(p.SDU))
			if !bytes.HasSuffix(records[i], p.SDU) {
				t.Errorf("%s: packet %d is %x in %x", row.file, i+1, p.SDU, records[i])
			}
			if p.Signalling {
				s += " signalling"
				again(t, row.file, &p)
			}
			if p.Wrong != "" {
				s += ": " + p.Wrong
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.file, diff)
		}
	}
}

// again wants the codecs to write the octets of a signalling packet again, of UNI 3.1. The
// one SETUP of these captures has a B-LLI that is cut short (Q.2931 4.5.9, octets
// 8.1 to 8.5), which is not written.
func again(t *testing.T, file string, p *capfile.Packet) {
	t.Helper()
	message := p.SDU
	if p.Form != dissect.MessageForm {
		var pdu sscop.PDU
		if err := pdu.Parse(p.SDU, sscop.Limits{K: 4096, J: 4096, MaxSTAT: 67}); err != nil || !bytes.Equal(pdu.Append(nil), p.SDU) {
			t.Errorf("%s: packet %d: %x became %x, %v", file, p.Number, p.SDU, pdu.Append(nil), err)
		}
		if pdu.Type != sscop.SD {
			return
		}
		message = pdu.Data
	}
	m, v, err := msg.Decode(message, msg.Options{})
	if err != nil {
		t.Fatalf("%s: packet %d: %v", file, p.Number, err)
	}
	want := message
	if m.Type == msg.Setup {
		if v.Cause != ie.CauseAccessInfoDiscarded || !bytes.Equal(v.Diagnostics, []byte{byte(ie.IDBLLI)}) {
			t.Errorf("%s: packet %d: %+v", file, p.Number, v.Ruling)
		}
		want = bytes.Replace(want, []byte{0x5f, 0x80, 0, 6, 0x6b, 0x40, 0x80, 0x80, 0, 0x80}, nil, 1)
		want[8] -= 10
	}
	if b, err := m.AppendProfile(nil, msg.UNI31); err != nil || !bytes.Equal(b, want) {
		t.Errorf("%s: packet %d: %x became %x, %v", file, p.Number, want, b, err)
	}
}

// TestGoldenWritten: PDUs are written as the golden capture has them for the same
// dissectors.
func TestGoldenWritten(t *testing.T) {
	records := raw(t, filepath.Join(golden, "encapsulation/upper_pdu.pcap"))
	for i, header := range map[int]int{0: 16, 1: 16, 2: 16, 6: 28} {
		var file bytes.Buffer
		w, err := capfile.NewWriter(&file, []*cmdpb.CaptureLink{{Id: 1}}, "test", 0)
		if err != nil {
			t.Fatal(err)
		}
		octets := records[i][header:]
		err = w.Write(&cmdpb.CapturedPacket{Link: 1, Control: i != 6, Length: uint32(len(octets)), Octets: octets})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		r, err := pcapgo.NewNgReader(&file, pcapgo.DefaultNgReaderOptions)
		if err != nil {
			t.Fatal(err)
		}
		b, _, err := r.ReadPacketData()
		if err != nil || !bytes.Equal(b, records[i]) {
			t.Errorf("packet %d is written as %x, %v, want %x", i+1, b, err, records[i])
		}
	}
}

// TestGoldenMessageTypes: the capture of all message types holds the examples,
// which the codec of messages reads and writes, one by one in numbered SDs.
func TestGoldenMessageTypes(t *testing.T) {
	examples, err := os.ReadFile(filepath.Join(golden, "q2931/examples.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	capture, err := os.ReadFile(filepath.Join(golden, "q2931/all-message-types.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	packets := read(t, bytes.NewReader(capture))
	n := 0
	for line := range strings.Lines(string(examples)) {
		message, err := hex.DecodeString(strings.Split(line, "\t")[2])
		if err != nil || n == len(packets) {
			t.Fatalf("line %d of %d packets: %v", n+1, len(packets), err)
		}
		want := sscop.PDU{Type: sscop.SD, NS: sscop.NewSeq(uint32(n)), Data: message}
		p := packets[n]
		n++
		if !p.Signalling || p.Sender != dissect.Here || p.Wrong != "" || !bytes.Equal(p.SDU, want.Append(nil)) {
			t.Errorf("packet %d is %+v, want %x", n, p, want.Append(nil))
		}
	}
	if n != len(packets) || n != 48 {
		t.Errorf("%d examples, %d packets", n, len(packets))
	}
}
