package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/config"
	"callmanager/vc"
)

// permanents are PVCs on the link of good, with every key, with some, and with none that is not required.
const permanents = `capacity = "100Mbit/s"
[[pvc]]
name = "backhaul"
link = "lab"
vpi = 3
vci = 0x64
destination = "bob"
selector = "0a"
bhli = "0102"
blli = "6b"
receive_pcr = "384kbit/s"
receive_max_sdu = 500
category = "nrt-VBR"
pcr = "3.84Mbit/s"
scr = "384kbit/s"
receive_scr = "38400bit/s"
mbs = 50
receive_mbs = 20
max_sdu = 1000
min_policed = 40
tagging = true
[[pvc]]
link = "lab"
vci = 100
pcr = "384bit/s"
destination = "+15551234"
[[pvc]]
link = "lab"
vci = 101
mdcr = "384bit/s"
pcr = "768bit/s"
category = "UBR"
receive_mdcr = "768bit/s"
[[pvc]]
link = "lab"
vci = 102
[hosts]
bob = "49.000000000000000000000000.020000000002.05"
`

func TestParsePVCs(t *testing.T) {
	flow := func(pcr vc.CellRate) vc.Flow { return vc.Flow{PCR: pcr} }
	want := []config.PVC{
		{
			Name: "backhaul", Link: "lab", VPI: 3, VCI: 100, Destination: vc.AddrFromMAC([6]byte{2, 0, 0, 0, 0, 2}).WithSelector(5), Offered: true,
			Selector: 10, BHLI: []byte{1, 2}, BLLI: []byte{0x6b}, Contract: vc.Contract{
				Category: vc.NRTVBR,
				Forward:  vc.Flow{PCR: 10000, SCR: 1000, MBS: 50, MaxSDU: 1000, MinPoliced: 40, Tagging: true},
				Backward: vc.Flow{PCR: 1000, SCR: 100, MBS: 20, MaxSDU: 500, MinPoliced: 40, Tagging: true},
			},
		},
		{Link: "lab", VCI: 100, Destination: addr(t, "+15551234"), Contract: vc.Contract{Category: vc.CBR, Forward: flow(1), Backward: flow(1)}},
		{Link: "lab", VCI: 101, Contract: vc.Contract{Category: vc.UBR, Forward: vc.Flow{PCR: 2, MDCR: 1}, Backward: vc.Flow{PCR: 2, MDCR: 2}}},
		{Link: "lab", VCI: 102},
	}
	if diff := cmp.Diff(want, mustParse(t, good+permanents).PVCs, sameConfig); diff != "" {
		t.Error(diff)
	}
}

// onLab is a PVC to which a row adds wrong lines; they are the ninth and later ones of the file.
const onLab = good + "[[pvc]]\nlink = \"lab\"\nvci = 100\n"

// wired is a pseudowire without its channel and its local label, whose lines are the tenth and the eleventh.
const wired = good + "[[pseudowire]]\nlink = \"lab\"\nremote_label = 17\nmode = \"aal5-pdu\"\n"

// TestParsePseudowire reads what a pseudowire has beside a PVC.
func TestParsePseudowire(t *testing.T) {
	got := mustParse(t, wired+"vci = 101\nlocal_label = 16\npcr = \"384bit/s\"\n").PVCs
	one := vc.Flow{PCR: 1}
	want := []config.PVC{{
		Link: "lab", VCI: 101, Contract: vc.Contract{Category: vc.CBR, Forward: one, Backward: one},
		Wire: &config.Wire{Local: 16, Remote: 17, Mode: config.WirePDU},
	}}
	if diff := cmp.Diff(want, got, sameConfig); diff != "" {
		t.Error(diff)
	}
}

// TestPVCErrors fixes the text of every refusal.
func TestPVCErrors(t *testing.T) {
	small := strings.Replace(onLab, "[[pvc]]", "capacity = \"10Mbit/s\"\n[[pvc]]", 1)
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"nothing", "[[pvc]]\n", []string{
			`f:1:3: pvc.link: missing in this [[pvc]]; add link = "lab" (name of its link)`,
			`f:1:3: pvc.vci: missing in this [[pvc]]; add vci = 100 (virtual channel identifier, 32 to 65535; no call gets it)`,
		}},
		{"one bracket", "[pvc]\nlink = \"lab\"\n", []string{
			`f:1:2: pvc: expected an array of tables, found a table; write [[pvc]] with double brackets, one for each`,
		}},
		{"array of no tables", "pvc = [1]\n", []string{`f:1:8: pvc: expected a table, found the integer 1; write [[pvc]] and the keys below it`}},
		{"unknown key", onLab + "vcl = 1\n", []string{`f:9:1: pvc.vcl: unknown key in [[pvc]]; did you mean "vci"?`}},
		{"key of a link", onLab + "prefixes = []\n", []string{`f:9:1: pvc.prefixes: unknown key in [[pvc]]; it belongs below [[link]]`}},
		{"no such link", "[[pvc]]\nlink = \"lab\"\nvci = 100\n", []string{`f:2:8: pvc.link: there is no link "lab"; write the name of a [[link]]`}},
		{"reserved VCI", strings.Replace(onLab, "100", "31", 1), []string{`f:8:7: pvc.vci: 31 is no virtual channel identifier; expected 32 to 65535`}},
		{"large VCI", strings.Replace(onLab, "100", "65536", 1), []string{`f:8:7: pvc.vci: 65536 is no virtual channel identifier; expected 32 to 65535`}},
		{"large VPI", onLab + "vpi = 15\n", []string{`f:9:7: pvc.vpi: 15 is no virtual path identifier; expected 0 to 14`}},
		{"VPI, string", onLab + "vpi = \"0\"\n", []string{`f:9:7: pvc.vpi: expected an integer, found the string "0"; write vpi = 0`}},
		{"same channel", onLab + "[[pvc]]\nlink = \"lab\"\nvci = 100\n", []string{
			`f:11:7: pvc.vci: the PVC on line 8 has 0/100 on link "lab" already; choose another`,
		}},
		{"same name", onLab + "name = \"a\"\n[[pvc]]\nlink = \"lab\"\nname = \"a\"\nvci = 101\n", []string{
			`f:12:8: pvc.name: the PVC on line 9 has the name "a" already; choose another`,
		}},
		{"bad name", onLab + "name = \" \"\n", []string{
			`f:9:8: pvc.name: " " is no name for a PVC; expected 1 to 63 letters, digits, ".", "_" and "-", a letter or digit first`,
		}},
		{"destination", onLab + "destination = \"bob\"\n", []string{
			`f:9:15: pvc.destination: "bob" is neither a name of [hosts] nor an address; expected one of them`,
		}},
		{"selector", onLab + "selector = \"100\"\n", []string{
			`f:9:12: pvc.selector: "100" is no selector; expected one or two hexadecimal digits, such as "07"`,
		}},
		{"odd B-HLI", onLab + "bhli = \"010\"\n", []string{`f:9:8: pvc.bhli: "010" is none; expected at most 9 octets in hexadecimal, two digits each`}},
		{"long B-LLI", onLab + "blli = \"" + strings.Repeat("00", 14) + "\"\n", []string{
			`f:9:8: pvc.blli: "` + strings.Repeat("00", 14) + `" is none; expected at most 13 octets in hexadecimal, two digits each`,
		}},
		{"category", onLab + "category = \"ubr\"\n", []string{
			`f:9:12: pvc.category: "ubr" is unknown; expected "CBR", "rt-VBR", "nrt-VBR" or "UBR"`,
		}},
		{"rate", onLab + "pcr = \"fast\"\n", []string{
			`f:9:7: pvc.pcr: "fast" is no rate; expected a number above zero with bit/s, kbit/s, Mbit/s or Gbit/s, at most 6.442Gbit/s, such as "10Mbit/s"`,
		}},
		{"rate beyond a descriptor", onLab + "receive_pcr = \"7Gbit/s\"\n", []string{
			`f:9:15: pvc.receive_pcr: "7Gbit/s" is no rate; expected a number above zero with bit/s, kbit/s, Mbit/s or Gbit/s, at most 6.442Gbit/s, such as "10Mbit/s"`,
		}},
		{"size", onLab + "max_sdu = 65536\n", []string{`f:9:11: pvc.max_sdu: 65536 is no size of an SDU; expected 0 to 65535`}},
		{"cells", onLab + "mbs = -1\n", []string{`f:9:7: pvc.mbs: -1 is no number of cells; expected 0 to 16777215`}},
		{"CBR without a rate", onLab + "category = \"CBR\"\n", []string{
			`f:6:3: pvc: no contract: contract carries nothing in either direction: set a peak cell rate`,
		}},
		{"VBR without a burst", onLab + "category = \"nrt-VBR\"\npcr = \"2Mbit/s\"\nscr = \"1Mbit/s\"\n", []string{
			`f:6:3: pvc: no contract: forward flow: category nrt-VBR needs a burst size and a sustainable rate of 1 to the peak cell rate`,
		}},
		{"pseudowire without its own keys", good + "[[pseudowire]]\nlink = \"lab\"\nvci = 100\n", []string{
			`f:6:3: pseudowire.local_label: missing in this [[pseudowire]]; add local_label = 100 (label of what comes, 16 to 65535)`,
			`f:6:3: pseudowire.remote_label: missing in this [[pseudowire]]; add remote_label = 100 (label of what is sent, 16 to 65535)`,
			`f:6:3: pseudowire.mode: missing in this [[pseudowire]]; add mode = "one-to-one-vcc" (encapsulation (RFC 4717): one-to-one-vcc, one-to-one-vpc (cells), aal5-pdu, aal5-sdu)`,
		}},
		{"label of frame mode", wired + "vci = 101\nlocal_label = 65536\n", []string{
			`f:11:15: pseudowire.local_label: 65536 is no label of a pseudowire; expected 16 to 65535`,
		}},
		{"mode of a pseudowire", strings.Replace(wired, "aal5-pdu", "aal5", 1) + "vci = 101\nlocal_label = 16\n", []string{
			`f:9:8: pseudowire.mode: "aal5" is unknown; expected "one-to-one-vcc", "one-to-one-vpc", "aal5-pdu" or "aal5-sdu"`,
		}},
		{"same label", wired + "vci = 101\nlocal_label = 16\n" + strings.TrimPrefix(wired, good) + "vci = 102\nlocal_label = 16\n", []string{
			`f:17:15: pseudowire.local_label: the pseudowire on line 11 has the label 16 on link "lab" already; choose another`,
		}},
		{"channel of a PVC", onLab + strings.TrimPrefix(wired, good) + "vci = 100\nlocal_label = 16\n", []string{
			`f:13:7: pseudowire.vci: the PVC on line 8 has 0/100 on link "lab" already; choose another`,
		}},
		{"link in cell mode", strings.Replace(wired, good, good+"mode = \"cell\"\n", 1) + "vci = 101\nlocal_label = 16\n", []string{
			`f:8:8: pseudowire.link: link "lab" is not in frame mode over a NIC; pseudowires are for those that are`,
		}},
		{"no room", small + "pcr = \"7Mbit/s\"\n", []string{
			`f:7:3: pvc: link "lab" has no room for it: sending takes 12.542Mbit/s of the wire, and 10Mbit/s of 10Mbit/s are free; lower its rates, or raise the capacity of the link`,
		}},
		{"no room for both", small + "pcr = \"3Mbit/s\"\n[[pvc]]\nlink = \"lab\"\nvci = 101\npcr = \"3Mbit/s\"\n", []string{
			`f:11:3: pvc: link "lab" has no room for it: sending takes 5.375Mbit/s of the wire, and 4.625Mbit/s of 10Mbit/s are free; lower its rates, or raise the capacity of the link`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("f", []byte(tt.in))
			if err == nil {
				t.Fatal("accepted")
			}
			if diff := cmp.Diff(tt.want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
