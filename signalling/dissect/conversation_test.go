package dissect_test

import (
	"path/filepath"
	"strings"
	"testing"

	"callmanager/signalling/dissect"
)

// Whole sessions of another implementation: the sides are found out and nothing is wrong. A is the user
// side, B the network side.
func TestSessions(t *testing.T) {
	paths, err := filepath.Glob(golden + "linux-atm/*.hex")
	if err != nil || len(paths) != 13 {
		t.Fatalf("%q, %v", paths, err)
	}
	found := make(map[dissect.Side]int)
	for _, path := range paths {
		c := dissect.New(dissect.Options{})
		for i, line := range lines(t, path) {
			f := strings.Fields(line)
			if len(f) < 5 || f[2] != "0/5" {
				continue
			}
			from := dissect.Here
			if strings.HasPrefix(f[1], "B") {
				from = dissect.There
			}
			b := unhex(t, f[4])
			d := c.Next(b, from)
			check(t, d, b)
			if d.PDU == nil || d.PDU.Wrong != "" || d.PDU.Data != nil {
				t.Errorf("%s line %d:\n%s", path, i+1, d)
			}
			m := d.Message
			if m == nil {
				continue
			}
			found[m.From]++
			want := dissect.UserSide
			if from == dissect.There {
				want = dissect.NetworkSide
			}
			if m.From != "" && (m.From != want || !m.Guessed) {
				t.Errorf("%s line %d: from %q, guessed %t", path, i+1, m.From, m.Guessed)
			}
			// In 03 B is a stub, and in 20 one of the B-LLIs has an octet too many.
			if m.Ruling.Action != "proceed" && !strings.Contains(path, "/03-") && (!strings.Contains(path, "/20-") || m.Ruling.Cause != 43) {
				t.Errorf("%s line %d:\n%s", path, i+1, d)
			}
		}
	}
	if found[dissect.UserSide] == 0 || found[dissect.NetworkSide] == 0 || found[""] > found[dissect.UserSide] {
		t.Errorf("sides found: %v", found)
	}
}

// What a message must carry depends on what went before it.
func TestContext(t *testing.T) {
	const (
		setup      = "09030000050580002d 5980000984000001850000 01be 5e80000290 80 7080001582 4700000000000000000000000000000000000000"
		noQoS      = setup
		proceeding = "0903800005028000 00"
		connect    = "0903800005078000 00"
		complete   = "09038000055a8000 00"
		enquiry    = "0903000005758000 07 5480000300 0001"
		status     = "09038000057d8000 0b 148000010a 08800002 809e"
	)
	for _, c := range []struct {
		name    string
		before  []string
		then    string
		from    dissect.Side
		missing string
	}{
		{"SETUP of the network names the channel", nil, noQoS, dissect.NetworkSide, "connection identifier"},
		{"SETUP of the user does not", nil, noQoS, dissect.UserSide, ""},
		{"the first answer names it", []string{noQoS}, proceeding, dissect.UserSide, "connection identifier"},
		{"the second need not", []string{noQoS, proceeding}, connect, dissect.UserSide, ""},
		{"an answer to what was not seen need not", nil, connect, dissect.UserSide, ""},
		{"the first clearing message gives a cause", []string{noQoS}, complete, dissect.UserSide, "cause"},
		{"a later one need not", []string{noQoS, proceeding}, complete, dissect.UserSide, ""},
		{"an enquiry for a party is answered for it", []string{enquiry}, status, dissect.UserSide, "endpoint reference"},
		{"another is not", nil, status, dissect.UserSide, ""},
	} {
		conv := dissect.New(dissect.Options{Form: dissect.MessageForm, From: c.from})
		for i, b := range c.before {
			conv.Next(unhex(t, b), []dissect.Sender{dissect.Here, dissect.There}[i%2])
		}
		sender := dissect.There
		if len(c.before) == 0 {
			sender = dissect.Here
		}
		b := unhex(t, c.then)
		d := conv.Next(b, sender)
		check(t, d, b)
		missing := ""
		for _, e := range d.Message.Elements {
			if e.Verdict == dissect.MissingMandatory && e.Name != "QoS parameter" {
				missing = e.Name
			}
		}
		if missing != c.missing {
			t.Errorf("%s: %q is missing, want %q\n%s", c.name, missing, c.missing, d)
		}
	}
}

// Without a word from the caller the octets tell the side, if they can.
func TestGuess(t *testing.T) {
	for octets, want := range map[string]dissect.Side{
		"0903000005058000" + "00":                   dissect.UserSide,
		"0903000005058000" + "095a8000058800000020": dissect.NetworkSide, // with its channel
		"09030000054d8000" + "0608800002 8290":      dissect.NetworkSide, // raised in a network
		"09030000054d8000" + "0608800002 8090":      "",
	} {
		b := unhex(t, octets)
		d := dissect.Dissect(b, dissect.Options{Form: dissect.MessageForm})
		if d.Message.From != want || d.Message.Guessed != (want != "") {
			t.Errorf("%s: from %q, guessed %t, want %q", octets, d.Message.From, d.Message.Guessed, want)
		}
	}
}

// Octets that are nothing are shown with what is wrong.
func TestNothing(t *testing.T) {
	for _, hex := range []string{"", "01", "0903", "00000000", "000000010000000000", "0903000001058000ff", "0000000a", "01020388000000ff"} {
		b := unhex(t, hex)
		for _, form := range []dissect.Form{dissect.AnyForm, dissect.PDUForm, dissect.MessageForm} {
			check(t, dissect.Dissect(b, dissect.Options{Form: form}), b)
		}
	}
	if d := dissect.Dissect(unhex(t, "00000000"), dissect.Options{}); !strings.Contains(d.String(), "MAA-ERROR U") {
		t.Errorf("%s", d)
	}
	if d := dissect.Dissect(unhex(t, "0903"), dissect.Options{Form: dissect.MessageForm}); !strings.Contains(d.Wrong, "too short") {
		t.Errorf("%s", d)
	}
}

func TestSummarize(t *testing.T) {
	setup := wrap(unhex(t, "09038007775a8000060880000280d1"))
	l := dissect.Summarize(setup)
	if l.Message != "RELEASE COMPLETE" || l.CallReference.Value != 0x777 || !l.CallReference.Flag || !strings.HasPrefix(l.Summary, l.Message+" 1911' "+l.Details) {
		t.Errorf("%+v", l)
	}
	for hex, want := range map[string]string{
		"000000010a000000": "POLL N(PS)=1 N(S)=0", "01020300c8000000": "SD N(S)=0", "01": "breaks its length rule",
	} {
		if l := dissect.Summarize(unhex(t, hex)); l.Message != "" || !strings.Contains(l.Summary, want) {
			t.Errorf("%s: %+v, want %q", hex, l, want)
		}
	}
}
