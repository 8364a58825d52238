package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/cmd/cmctl/capfile"
)

const goldenDir = "../../testdata/golden/"

// setupPDU is an SD with a SETUP that another implementation sent.
const setupPDU = "09030000010580005d58800009058c23dc8123dc840059800009840563b7850563b7be5e80000290805f800001cc" +
	"708000158247000580ffe1000000f21a2eed0020ea000bbb006c8000158247000580ffe1000000f21a2eed0020ea000aaa005c800002" +
	"0000000088000000"

// decodeText runs cmctl decode.
func decodeText(t *testing.T, input string, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = execute(t.Context(), append([]string{"decode"}, args...), &streams{in: strings.NewReader(input), out: &o, err: &e})
	return o.String(), e.String(), code
}

// rowsOfDecode runs cmctl decode --json and returns the rows.
func rowsOfDecode(t *testing.T, input string, args ...string) (rows []map[string]any) {
	t.Helper()
	out, errs, code := decodeText(t, input, append(args, "--json")...)
	if code != 0 || errs != "" {
		t.Fatalf("decode %v: exit code %d, %s", args, code, errs)
	}
	for line := range strings.Lines(out) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		rows = append(rows, row)
	}
	return rows
}

// All forms of the same octets give the same.
func TestDecodeHex(t *testing.T) {
	want, errs, code := decodeText(t, "", setupPDU)
	if code != 0 || errs != "" || !strings.Contains(want, "Q.2931 SETUP, call reference 1, from the user side (guessed)") ||
		!strings.Contains(want, "verdict: proceed") {
		t.Fatalf("exit code %d, %s\n%s", code, errs, want)
	}
	var spaced []string
	for i := 0; i < len(setupPDU); i += 2 {
		spaced = append(spaced, setupPDU[i:i+2])
	}
	path := filepath.Join(t.TempDir(), "octets")
	if err := os.WriteFile(path, []byte("# a SETUP\n"+strings.Join(spaced, ":")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{spaced, {strings.Join(spaced, " ")}, {"0x" + strings.Join(spaced, ", 0x")}, {strings.ToUpper(setupPDU)}, {path}} {
		if got, errs, _ := decodeText(t, "", args...); got != want {
			t.Errorf("%.40v: %s%s", args, errs, got)
		}
	}
	wrapped := "# wrapped\n" + setupPDU[:60] + "\n" + setupPDU[60:] + "  # the end\n\n\n"
	if got, errs, _ := decodeText(t, wrapped, "-"); got != want {
		t.Errorf("on standard input: %s%s", errs, got)
	}
	rows := rowsOfDecode(t, setupPDU+"\n\n"+"000000010a000000\n", "-")
	if len(rows) != 2 || rows[1]["number"] != 2.0 || rows[1]["decoded"].(map[string]any)["pdu"].(map[string]any)["name"] != "POLL" {
		t.Errorf("two SDUs: %v", rows)
	}
}

// The flags change what is read and judged.
func TestDecodeFlags(t *testing.T) {
	message := setupPDU[:len(setupPDU)-12]
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--from", "network", setupPDU}, "connection identifier (5a): missing-mandatory; reject by RELEASE COMPLETE with cause 96"},
		{[]string{"--from", "user", setupPDU}, "from the user side\n"},
		{[]string{message}, "Q.2931 SETUP"},
		{[]string{"--as", "q2931", setupPDU}, "message length 93  <-- not what follows"},
		{[]string{"--as", "sscop", message}, "breaks its length rule"},
		{[]string{"--profile", "uni3.1", "09030000050180" + "0000"}, "the profile does not have the message"},
		{[]string{"09030000050180" + "0000"}, "ALERTING"},
		{[]string{"--profile", "q2931", "090300000562" + "800000"}, "Q.2931 FACILITY"},
	} {
		out, errs, code := decodeText(t, "", c.args...)
		if code != 0 || !strings.Contains(out, c.want) {
			t.Errorf("%v: exit code %d, %s\n%s\nwant %q in it", c.args, code, errs, out, c.want)
		}
	}
}

// Every session of the golden data decodes the same from text and from pcap.
func TestDecodeSessions(t *testing.T) {
	paths, err := filepath.Glob(goldenDir + "linux-atm/*.hex")
	if err != nil || len(paths) != 13 {
		t.Fatalf("%v, %v", paths, err)
	}
	for _, path := range paths {
		var sdus [2][]string
		for i, p := range []string{path, strings.TrimSuffix(path, ".hex") + ".pcap"} {
			for _, row := range rowsOfDecode(t, "", p) {
				if row["error"] != nil || row["time"] == nil || row["direction"] == nil || row["channel"] == nil {
					t.Errorf("%s: %v", p, row)
				}
				if (row["channel"] == "0/5") != (row["signalling"] == true) || (row["decoded"] != nil) != (row["signalling"] == true) {
					t.Errorf("%s: %v", p, row)
				}
				if row["channel"] != "0/0" { // atmtcp's own control messages are in the text alone
					sdus[i] = append(sdus[i], fmt.Sprint(row["channel"], row["sdu"]))
				}
			}
		}
		if strings.Contains(path, "/30-") { // an SD was lost before the pcap was taken
			continue
		}
		if diff := cmp.Diff(sdus[0], sdus[1]); diff != "" {
			t.Errorf("%s: text and pcap differ:\n%s", path, diff)
		}
	}
}

// Captures of each link type and format. All message types are named.
func TestDecodeCaptures(t *testing.T) {
	for _, c := range []struct {
		file    string
		packets int
		want    string
	}{
		{"encapsulation/upper_pdu.pcap", 0, "SSCOP BGN N(SQ)=1 N(MR)=80"},
		{"encapsulation/sunatm.pcap", 0, "VC 1/100\n  data, 68 octets: aaaa03000000"},
		{"encapsulation/aal5_sdu.pcap", 0, "label 103 spells no channel"},
		{"sscop/two-stacks-with-loss.pcap", 0, "USTAT"},
		{"q2931/all-message-types.pcap", 0, "LEAF SETUP REQUEST"},
	} {
		out, errs, code := decodeText(t, "", goldenDir+c.file)
		if code != 0 || errs != "" || !strings.Contains(out, c.want) {
			t.Errorf("%s: exit code %d, %s, want %q in\n%.2000s", c.file, code, errs, c.want, out)
		}
		b, err := os.ReadFile(goldenDir + c.file)
		if err != nil {
			t.Fatal(err)
		}
		if piped, _, _ := decodeText(t, string(b), "-"); piped != out {
			t.Errorf("%s: something else on standard input", c.file)
		}
	}
	names := make(map[string]bool)
	for _, row := range rowsOfDecode(t, "", goldenDir+"q2931/all-message-types.pcap", "--profile", "q2931") {
		if m, ok := row["decoded"].(map[string]any)["message"].(map[string]any); ok {
			names[m["name"].(string)] = true
			if m["unknown_type"] != nil {
				t.Errorf("%s is called unknown", m["name"])
			}
		}
	}
	if len(names) < 23 {
		t.Errorf("%d message types: %v", len(names), names)
	}
}

// pcapOf makes a classic capture.
func pcapOf(link uint32, packets ...[]byte) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b23c4d)
	b = le.AppendUint16(le.AppendUint16(b, 2), 4)
	b = le.AppendUint32(le.AppendUint32(le.AppendUint64(b, 0), 1<<16), link)
	for i, p := range packets {
		b = le.AppendUint32(le.AppendUint32(b, 1), uint32(i))
		b = le.AppendUint32(le.AppendUint32(b, uint32(len(p))), uint32(len(p)))
		b = append(b, p...)
	}
	return b
}

// Frames of this daemon: the control label is signalling, others are data, and what is no frame of ours
// says why. The first station to speak is this end.
func TestDecodeEthernet(t *testing.T) {
	const a, b = "020000000001", "020000000002"
	poll := "10005" + "1ff" + "000c0001" + "000000010a000000"
	var packets [][]byte
	for _, f := range []string{
		b + a + "8847" + poll,
		a + b + "8847" + poll,
		b + a + "81000007" + "8847" + poll,
		b + a + "8847" + "10020" + "1ff" + "00070001" + "616263" + "0000",
		b + a + "8847" + "10020" + "0ff" + "00070001" + "616263",
		b + a + "8847" + "00020" + "1ff" + "00000001" + "616263",
		b + a + "0806" + "0001",
		b + a + "88",
		b + a + "8847" + "10005" + "1ff" + "00040001",
	} {
		packets = append(packets, mustHex(t, f))
	}
	for _, link := range []uint32{1, 147} {
		rows := rowsOfDecode(t, string(pcapOf(link, packets...)), "-")
		var got []string
		for _, r := range rows {
			got = append(got, fmt.Sprint(r["direction"], " ", r["channel"], " ", r["signalling"], " ", r["sdu"].(string)[:min(16, len(r["sdu"].(string)))], " ", r["error"]))
		}
		want := []string{
			"sent 0/5 true 000000010a000000 <nil>",
			"received 0/5 true 000000010a000000 <nil>",
			"sent 0/5 true 000000010a000000 <nil>",
			"sent 0/32 false 616263 <nil>",
			"sent <nil> false 0200000000020200 no SDU: stacked",
			"sent <nil> false 0200000000020200 cells of several channels (label 32)",
			"sent <nil> false 0200000000020200 EtherType 0x0806 is not MPLS",
			"<nil> <nil> false 0200000000020200 the Ethernet header is cut short",
			"sent 0/5 true 00040001 no SDU: empty_sdu",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("link type %d (-want +got):\n%s", link, diff)
		}
	}
	out, _, _ := decodeText(t, string(pcapOf(1, packets...)), "-")
	for _, want := range []string{"VC 0/32\n  data, 3 octets: 616263\n", "EtherType 0x0806 is not MPLS: 0200"} {
		if !strings.Contains(out, want) {
			t.Errorf("want %q in\n%s", want, out)
		}
	}
}

// The channels of labels that were set by hand are those that --vc names. What spells its channel, and cells that are
// not named, stay what they are.
func TestDecodeLabels(t *testing.T) {
	const ends = "020000000002" + "020000000001" + "8847"
	poll, data := "000c0001"+"000000010a000000", "00070001"+"616263"
	var packets [][]byte
	for _, f := range []string{"00067" + "1ff" + poll, "00068" + "1ff" + data, "00020" + "1ff" + data, "10005" + "1ff" + poll, "0000f" + "1ff" + data} {
		packets = append(packets, mustHex(t, ends+f))
	}
	const cells, reserved, byHand, byHand2 = "cells of several channels (label 32)", "label 15 spells no channel", "label 103 spells no channel", "label 104 spells no channel"
	for _, row := range []struct {
		args []string
		want []string // channels, or what is wrong
	}{
		{nil, []string{byHand, byHand2, cells, "0/5", reserved}},
		{[]string{"--vc", "103=0/5"}, []string{"0/5", byHand2, cells, "0/5", reserved}},
		{[]string{"--vc", "0/5"}, []string{"0/5", "0/5", cells, "0/5", reserved}},
		{[]string{"--vc", "103=0/5,104=1/100"}, []string{"0/5", "1/100", cells, "0/5", reserved}},
		{[]string{"--vc", "104=1/100", "--vc", "0/5"}, []string{"0/5", "1/100", cells, "0/5", reserved}},
		{[]string{"--vc", "32=0/40"}, []string{byHand, byHand2, "0/40", "0/5", reserved}},
	} {
		for i, r := range rowsOfDecode(t, string(pcapOf(1, packets...)), append([]string{"-"}, row.args...)...) {
			got := r["channel"]
			if r["error"] != nil {
				got = r["error"]
			}
			if got != row.want[i] || (r["decoded"] != nil) != (got == "0/5") || r["signalling"] != (got == "0/5") {
				t.Errorf("%v: packet %d is %v, want %s", row.args, i+1, r, row.want[i])
			}
		}
	}
	out, _, code := decodeText(t, "", goldenDir+"encapsulation/aal5_sdu.pcap", "--vc", "0/32")
	if code != 0 || strings.Contains(out, "spells no channel") || !strings.Contains(out, "VC 0/32\n  data, ") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func mustHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := parseHex(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Broken input says where it is broken, behind what could be read.
func TestDecodeBroken(t *testing.T) {
	capture := pcapOf(252, mustHex(t, "000c00047373636f"), mustHex(t, "000c0005"+"7373636f70"+"00000000"+"000000010a000000"))
	good := "0.5 A>B 0/5 8 000000010a000000\n"
	for _, c := range []struct {
		input string
		args  []string
		want  []string
	}{
		{"", []string{"090"}, []string{"column 3 (octet 1): the last octet has one digit only"}},
		{"", []string{"09 zz"}, []string{"column 4 (octet 1)", "'z' is no hexadecimal digit"}},
		{"", []string{"0903zz"}, []string{"column 5 (octet 2)"}},
		{"", []string{"none.pcap"}, []string{"none.pcap", "no such file"}},
		{"", []string{"./none"}, []string{"./none", "no such file"}},
		{"", []string{"-"}, []string{"standard input holds no packet"}},
		{"# nothing\n", []string{"-"}, []string{"holds no packet"}},
		{good + "soon A>B 0/5 8 00", []string{"-"}, []string{"line 2", `"soon" is no time`}},
		{good + "1 A>A 0/5 8 00", []string{"-"}, []string{"line 2", "no direction"}},
		{good + "1 A>B 0.5 8 00", []string{"-"}, []string{"line 2", "no VPI/VCI"}},
		{good + "1 A>B 0/5 some 00", []string{"-"}, []string{"line 2", "no length"}},
		{good + "1 A>B 0/5 2 00", []string{"-"}, []string{"line 2: 1 octets, but the line says 2"}},
		{good + "1 A>B 0/5 2 00x0", []string{"-"}, []string{"line 2, column 15 (octet 1): 'x' is no hexadecimal digit"}},
		{"0903\n09 0q\n", []string{"-"}, []string{"line 2, column 5 (octet 1)"}},
		{strings.Repeat("0", 300<<10), []string{"-"}, []string{"neither pcap nor pcapng nor text"}},
		{string(capture[:20]), []string{"-"}, []string{"pcap header"}},
		{string(capture[:len(capture)-3]), []string{"-"}, []string{"packet 2 at offset 48: the file ends within the packet"}},
		{string(capture[:50]), []string{"-"}, []string{"packet 2 at offset 48: the file ends within the packet"}},
		{string(pcapOf(999, []byte{1})), []string{"-"}, []string{"packet 1 at offset 24: link type 999"}},
		{"\x0a\x0d\x0d\x0a" + strings.Repeat("\x00", 40), []string{"-"}, []string{"pcapng, offset"}},
	} {
		out, errs, code := decodeText(t, c.input, c.args...)
		if code != 1 || strings.Count(errs, "\n") != 1 {
			t.Errorf("%.60q %v: exit code %d, %q", c.input, c.args, code, errs)
		}
		for _, w := range c.want {
			if !strings.Contains(errs, w) {
				t.Errorf("%.60q %v: said %q, want %q", c.input, c.args, errs, w)
			}
		}
		if strings.HasPrefix(c.input, good) && !strings.Contains(out, "SSCOP POLL") {
			t.Errorf("%.60q: what came before is not shown: %q", c.input, out)
		}
	}
	// A packet whose tags are broken is shown; the next one counts.
	rows := rowsOfDecode(t, string(capture), "-")
	if len(rows) != 2 || rows[0]["error"] == nil || rows[1]["error"] != nil || rows[1]["decoded"] == nil {
		t.Errorf("rows %v", rows)
	}
	var out, errs bytes.Buffer
	if code := execute(t.Context(), []string{"decode", setupPDU}, &streams{in: &out, out: &brokenWriter{}, err: &errs}); code != 1 {
		t.Errorf("a broken output: exit code %d, %s", code, &errs)
	}
}

// parseHex reads octets.
func parseHex(s string) ([]byte, error) { return capfile.ParseHex(s) }
