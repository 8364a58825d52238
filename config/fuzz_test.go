package config_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/pelletier/go-toml/v2"

	"callmanager/config"
)

// mirror is the schema as the library's own strict decoder sees it: an independent reader.
type mirror struct {
	Daemon struct {
		Socket, Address string

		Workers  int64
		CPUs     []int64 `toml:"cpus"`
		BusyPoll string  `toml:"busy_poll"`
	}
	Limits struct {
		Clients, Vcs, Saps, Parties, Backlog int64

		UserClients     int64  `toml:"clients_per_user"`
		UserVCs         int64  `toml:"vcs_per_user"`
		CallsInProgress int64  `toml:"calls_in_progress"`
		RingMemory      string `toml:"ring_memory"`
	}
	Link []struct {
		Name, Transport, Interface, Peer, Listen, Connect, Role, Profile, Mode, Transmit, Receive, Capacity string

		Policing           string
		TransitDelay       string `toml:"transit_delay"`
		CellDelayVariation string `toml:"cell_delay_variation"`
		CellLossRatio      string `toml:"cell_loss_ratio"`

		Prefixes []string
	}
	Pvc []struct {
		Name, Link, Destination, Selector, Bhli, Blli, Category, Pcr, Scr, Mdcr string

		Vpi, Vci, Mbs int

		MaxSDU        int `toml:"max_sdu"`
		MinPoliced    int `toml:"min_policed"`
		Tagging       bool
		ReceivePCR    string `toml:"receive_pcr"`
		ReceiveSCR    string `toml:"receive_scr"`
		ReceiveMDCR   string `toml:"receive_mdcr"`
		ReceiveMBS    int    `toml:"receive_mbs"`
		ReceiveMaxSDU int    `toml:"receive_max_sdu"`
	}
	Hosts map[string]string
}

// FuzzParse feeds any octets. What is accepted, the library's strict decoder accepts too and reads
// the same; what is refused has errors in order, inside the file and fit for a terminal.
func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(old + "[[link]]\nname = 'b'\ntransport = 'atmtcp'\nconnect = 'h:1'\nrole = 'user'\n"))
	f.Add([]byte(good + linkTo3 + "prefixes = [\"49\"\n[hosts]\nbob = \"x\"\n"))
	f.Add([]byte(good + permanents))
	f.Add([]byte("daemon.socket = \"/s\"\n[daemon]\nlink = [{}]\n[[link.x]]\n\"\\u001b\" = 1\n"))
	f.Add([]byte("[[link]]\nname = '''\na'''\npeer = \"\"\"\n02:00:00:00:00:02\"\"\"\ninterface = [[{a.b=[1979-05-27]}]]"))
	if b, err := os.ReadFile(filepath.Join("..", "deploy", "cmd-daemon.toml")); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := config.Parse("f", in)
		if err != nil {
			checkErrors(t, in, err)
			return
		}
		var m mirror
		if err := toml.NewDecoder(bytes.NewReader(in)).DisallowUnknownFields().Decode(&m); err != nil {
			t.Fatalf("accepted what the strict decoder refuses: %v", err)
		}
		checkSame(t, c, m)
	})
}

func checkErrors(t *testing.T, in []byte, err error) {
	t.Helper()
	errs, ok := errors.AsType[config.Errors](err)
	if !ok || len(errs) == 0 {
		t.Fatalf("error of type %T: %v", err, err)
	}
	lines := bytes.Split(in, []byte{'\n'})
	last := &config.Error{}
	for _, e := range errs {
		switch {
		case e.Line < 1 || e.Line > len(lines) || e.Column < 1 || e.Column > len(lines[e.Line-1])+1:
			t.Errorf("outside the file: %v", e)
		case e.Line < last.Line || e.Line == last.Line && e.Column < last.Column:
			t.Errorf("out of order: %v after %v", e, last)
		case strings.ContainsFunc(e.Error(), unicode.IsControl):
			t.Errorf("control characters: %q", e.Error())
		}
		last = e
	}
}

func checkSame(t *testing.T, c *config.Config, m mirror) {
	t.Helper()
	if m.Daemon.Socket != "" && m.Daemon.Socket != c.Daemon.Socket {
		t.Errorf("socket %q, want %q", c.Daemon.Socket, m.Daemon.Socket)
	}
	for _, n := range [][2]int64{
		{int64(c.Limits.Clients), m.Limits.Clients},
		{int64(c.Limits.UserClients), m.Limits.UserClients},
		{int64(c.Limits.VCs), m.Limits.Vcs},
		{int64(c.Limits.UserVCs), m.Limits.UserVCs},
		{int64(c.Limits.SAPs), m.Limits.Saps},
		{int64(c.Limits.Parties), m.Limits.Parties},
		{int64(c.Limits.CallsInProgress), m.Limits.CallsInProgress},
		{int64(c.Limits.Backlog), m.Limits.Backlog},
	} {
		if n[1] != 0 && n[0] != n[1] {
			t.Errorf("the limits are %+v, want %+v", c.Limits, m.Limits)
		}
	}
	if len(c.Links) != len(m.Link) || len(c.Hosts) != len(m.Hosts) {
		t.Fatalf("%d links and %d hosts, want %d and %d", len(c.Links), len(c.Hosts), len(m.Link), len(m.Hosts))
	}
	for i, l := range c.Links {
		w := m.Link[i]
		if l.Name != w.Name || l.Interface != w.Interface || l.Listen != w.Listen || l.Connect != w.Connect ||
			w.Transport != "" && l.Transport.String() != w.Transport || len(l.Prefixes) != len(w.Prefixes) ||
			w.Role != "" && l.Role.String() != w.Role || w.Profile != "" && l.Profile.String() != w.Profile || w.Mode != "" && l.Mode.String() != w.Mode ||
			w.Transmit != "" && l.Transmit.String() != w.Transmit || w.Receive != "" && l.Receive.String() != w.Receive {
			t.Errorf("link %d is %+v, want %+v", i, l, w)
		}
	}
	if len(c.PVCs) != len(m.Pvc) {
		t.Fatalf("%d PVCs, want %d", len(c.PVCs), len(m.Pvc))
	}
	for i, p := range c.PVCs {
		w := m.Pvc[i]
		if p.Name != w.Name || p.Link != w.Link || int(p.VPI) != w.Vpi || int(p.VCI) != w.Vci || p.Offered != (w.Selector != "") ||
			p.Destination.IsValid() != (w.Destination != "") || len(p.BHLI) != len(w.Bhli)/2 || w.MaxSDU != 0 && int(p.Contract.Forward.MaxSDU) != w.MaxSDU {
			t.Errorf("PVC %d is %+v, want %+v", i, p, w)
		}
	}
	for name := range m.Hosts {
		if !c.Hosts[name].IsValid() {
			t.Errorf("host %q has no address", name)
		}
	}
}
