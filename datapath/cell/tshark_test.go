package cell_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath/cell"
	"callmanager/datapath/frame"
)

// TestTshark lets tshark read frames of each format with two cells and an OAM cell. It finds no fault
// and reads what was written.
func TestTshark(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("no tshark")
	}
	// What tshark is told of each format, and what it reads in the two kinds of frame: VPI, VCI, PTI,
	// CLP and number. It does not read a PDU's cells, nor what only the label tells.
	formats := []struct {
		format    cell.Format
		decoder   string
		data, oam string
	}{
		{cell.NToOne, "mplspwatmn1cw", "1|1,100|100,2|3,1|1,7", "1,100,5,0,7"},
		{cell.NToOneBare, "mplspwatmn1nocw", "1|1,100|100,2|3,1|1,", "1,100,5,0,"},
		{cell.VCC, "mplspwatm11_or_aal5pdu", ",,2|3,1|1,7", ",,5,0,7"},
		{cell.VPC, "mplspwatm11_or_aal5pdu", ",100|100,2|3,1|1,7", ",100,5,0,7"},
		{cell.PDU, "mplspwatm11_or_aal5pdu", ",,,1,7", ",,5,0,7"},
	}
	const user, oam = cell.Header(0x00100645), cell.Header(0x0010064A)
	var packets [][]byte
	var options []string
	var want []string
	for i, f := range formats {
		label := frame.CellLabel + frame.Label(i)
		options = append(options, "-d", fmt.Sprintf("mpls.label==%d,%s", label, f.decoder))
		packets = append(packets, packet(f.format, label, user, user.WithPTI(cell.EFCI|cell.AUU)), packet(f.format, label, oam))
		want = append(want, f.data, f.oam)
	}
	path := filepath.Join(t.TempDir(), "cells.pcap")
	if err := os.WriteFile(path, pcap(packets), 0o600); err != nil {
		t.Fatal(err)
	}
	fields := []string{"-T", "fields", "-E", "separator=,", "-E", "aggregator=|"}
	for _, f := range []string{"atm.vpi", "atm.vci", "atm.pti", "atm.clp", "pw.cw.seqno"} {
		fields = append(fields, "-e", f)
	}
	got := strings.Split(strings.TrimSuffix(tshark(t, path, append(options, fields...)), "\n"), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tshark reads (-want +got):\n%s", diff)
	}
	text := tshark(t, path, append(options, "-V"))
	if n := strings.Count(text, "OAM Cell Loopback (8)"); n != len(formats) {
		t.Errorf("%d loopback cells, want %d", n, len(formats))
	}
	for _, severity := range []string{"Expert Info (Warning", "Expert Info (Error", "Malformed"} {
		if strings.Contains(text, severity) {
			t.Errorf("tshark has objections:\n%s", text)
		}
	}
	if n := strings.Count(text, "CRC-10: 0x"); n != len(formats) || strings.Count(text, "(correct)") != n {
		t.Errorf("%d CRCs, %d correct, want %d", n, strings.Count(text, "(correct)"), len(formats))
	}
}

// packet returns a frame of cells on a label, from the Ethernet header on.
func packet(format cell.Format, label frame.Label, headers ...cell.Header) []byte {
	b := append(bytes.Repeat([]byte{2, 0, 0, 0, 0, 1}, 2), 0x88, 0x47)
	b = binary.BigEndian.AppendUint32(b, uint32(frame.NewEntry(label)))
	var builder cell.Builder
	builder.Begin(format, make([]byte, 1496), len(headers))
	for _, h := range headers {
		body := builder.Append(h)
		if h.Kind().OAM() {
			body.PutLoopback(cell.Loopback{Forward: true, Tag: 5, Location: cell.EndPoint, Source: cell.NoLocation})
		}
	}
	return append(b, builder.Finish(7)...)
}

// pcap returns packets as a capture file of Ethernet.
func pcap(packets [][]byte) (b []byte) {
	le := binary.LittleEndian
	b = le.AppendUint32(b, 0xa1b2c3d4)
	b = le.AppendUint16(le.AppendUint16(b, 2), 4)
	b = le.AppendUint32(le.AppendUint64(b, 0), 1<<16)
	b = le.AppendUint32(b, 1)
	for i, p := range packets {
		b = le.AppendUint32(le.AppendUint32(b, 1700000000), uint32(i))
		b = le.AppendUint32(le.AppendUint32(b, uint32(len(p))), uint32(len(p)))
		b = append(b, p...)
	}
	return b
}

func tshark(t *testing.T, path string, args []string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "tshark", append([]string{"-n", "-r", path}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, stderr.String())
	}
	return string(out)
}
