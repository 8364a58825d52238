package config_test

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"callmanager/config"
	"callmanager/vc"
)

var sameConfig = cmp.Options{
	cmpopts.IgnoreUnexported(config.Config{}),
	cmp.Comparer(func(a, b vc.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b vc.Prefix) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

const whole = `
[daemon]
socket = "/tmp/cmd.sock"
address = "47.0091.8100000000603e64fe01.00603e64fe01.00"
workers = 2
cpus = [3, 1]
busy_poll = "0us"

[limits]
clients = 10
clients_per_user = 3
vcs = 1_000_000
vcs_per_user = 0x10
saps = 1
parties = 2
calls_in_progress = 4
backlog = 5
ring_memory = "64 MiB"

[[link]]
name = "lab"
interface = "eth1"
peer = "02:00:00:00:00:02"
role = "network"
profile = "uni3.1"
mode = "frame"
transmit = "xdp"
receive = "auto"
capacity = "1.5 Gbit/s"
policing = "off"
transit_delay = "1.5s"
cell_delay_variation = "1.5ms"
cell_loss_ratio = "1e-10"
prefixes = ["49.0001", "49.00012", "+1555"]

[[link]]
name = "far"
interface = "eth1"
peer = "0200.0000.0003"
transmit = "xdp"
receive = "auto"

[hosts]
bob = "49.000000000000000000000000.020000000002.00"
"carol.example" = "+15551234"
dave = "15551234"
`

func TestParseWhole(t *testing.T) {
	got := mustParse(t, whole)
	want := &config.Config{
		Daemon: config.Daemon{
			Socket:  "/tmp/cmd.sock",
			Address: addr(t, "47.0091.8100000000603e64fe01.00603e64fe01.00"),
			Workers: 2, CPUs: []int{3, 1},
		},
		Limits: config.Limits{
			Clients: 10, UserClients: 3, VCs: 1_000_000, UserVCs: 16, SAPs: 1, Parties: 2, CallsInProgress: 4, Backlog: 5, RingMemory: 64 << 20,
		},
		Links: []config.Link{
			{
				Name: "lab", Transport: config.TransportEthernet, Interface: "eth1", Peer: vc.MAC{2, 0, 0, 0, 0, 2},
				Role: config.RoleNetwork, Profile: config.ProfileUNI31, Mode: config.ModeFrame, Transmit: config.TransmitXDP, Receive: config.ReceiveAuto, Capacity: 1_500_000_000, Unpoliced: true, TransitDelay: 1500,
				CellDelayVariation: 1500, CellLossRatio: 10,
				Prefixes: []vc.Prefix{prefix(t, "490001"), prefix(t, "4900012"), prefix(t, "+1555")},
			},
			{
				Name: "far", Transport: config.TransportEthernet, Interface: "eth1", Peer: vc.MAC{2, 0, 0, 0, 0, 3},
				Role: config.RoleAuto, Profile: config.ProfileUNI40, Mode: config.ModeFrame, Transmit: config.TransmitXDP, Receive: config.ReceiveAuto,
			},
		},
		Hosts: map[string]vc.Addr{
			"bob":           vc.AddrFromMAC([6]byte{2, 0, 0, 0, 0, 2}),
			"carol.example": addr(t, "15551234"),
			"dave":          addr(t, "15551234"),
		},
	}
	if diff := cmp.Diff(want, got, sameConfig); diff != "" {
		t.Error(diff)
	}
}

// TestParseForms reads the same link in every way in which TOML can write it.
func TestParseForms(t *testing.T) {
	want := mustParse(t, "[daemon]\nsocket='/s'\n[[link]]\nname='a'\ninterface='e'\npeer='02:00:00:00:00:02'\n[hosts]\nb='1'\n")
	for name, in := range map[string]string{
		"inline tables": "daemon = {socket='/s'}\nlink = [{name='a', interface='e', peer='02:00:00:00:00:02'}]\nhosts = {b='1'}\n",
		"dotted keys":   "daemon.socket='/s'\nhosts.b='1'\n[[link]]\nname='a'\ninterface='e'\npeer='02:00:00:00:00:02'\n",
		"quoted keys":   "[\"daemon\"]\n'socket'=\"\"\"/s\"\"\"\n[[ 'link' ]]\nname='a'\ninterface='e'\n\"peer\"='02-00-00-00-00-02'\n[hosts]\n\"b\"='1'\n",
		"CRLF":          "[daemon]\r\nsocket='/s'\r\n[[link]]\r\nname='a'\r\ninterface='e'\r\npeer='02:00:00:00:00:02'\r\n[hosts]\r\nb='1'",
		"other order":   "[hosts]\nb='1' # one\n[[link]]\npeer='02:00:00:00:00:02'\ninterface='e'\nname='a'\n[daemon]\nsocket='/s'",
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, mustParse(t, in), sameConfig); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseDefaults(t *testing.T) {
	for name, in := range map[string]string{
		"empty": "", "comment": "# nothing\n", "empty tables": "[daemon]\n[limits]\n[hosts]\n", "no links": "link = []\n",
	} {
		t.Run(name, func(t *testing.T) {
			got := mustParse(t, in)
			want := &config.Config{
				Daemon: config.Daemon{Socket: config.DefaultSocket, BusyPoll: 20 * time.Microsecond},
				Limits: config.Limits{
					Clients: 1024, UserClients: 128, VCs: 4096, UserVCs: 8192, SAPs: 256, Parties: 4096, CallsInProgress: 512, Backlog: 4096,
					RingMemory: 1 << 30,
				},
				Hosts: map[string]vc.Addr{},
			}
			if diff := cmp.Diff(want, got, sameConfig); diff != "" {
				t.Error(diff)
			}
		})
	}
	got := mustParse(t, "[[link]]\nname='a'\ninterface='e'\npeer='02:00:00:00:00:02'\n").Links[0]
	if got.Role != config.DefaultRole || got.Mode != config.DefaultMode || got.Capacity != 0 || got.Prefixes != nil {
		t.Errorf("defaults of a link: %+v", got)
	}
}

// TestParseATMTCP reads both sides of links that are no NIC, wherever the transport stands.
func TestParseATMTCP(t *testing.T) {
	got := mustParse(t, `
[[link]]
name = "old"
listen = "127.0.0.1:2812"
peer = "192.0.2.1"
role = "network"
transport = "atmtcp"
prefixes = ["47.0005"]
[[link]]
transport = "atmtcp"
name = "older"
connect = "[2001:db8::1]:2812"
role = "user"
capacity = "25.6Mbit/s"
[[link]]
transport = "atmtcp"
name = "any"
listen = ":2813"
peer = "2001:db8::99/32"
role = "user"
[daemon]
address = "47.0005.80ffe1000000f21a2eed.0020ea000aab.00"
`)
	want := []config.Link{
		{
			Name: "old", Transport: config.TransportATMTCP, Listen: "127.0.0.1:2812",
			Peers: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")},
			Role:  config.RoleNetwork, Profile: config.ProfileUNI40, Mode: config.ModeFrame, Transmit: config.TransmitPacket, Receive: config.ReceivePacket, Capacity: 155_520_000,
			Prefixes: []vc.Prefix{prefix(t, "470005")},
		},
		{
			Name: "older", Transport: config.TransportATMTCP, Connect: "[2001:db8::1]:2812",
			Role: config.RoleUser, Profile: config.ProfileUNI40, Mode: config.ModeFrame, Transmit: config.TransmitPacket, Receive: config.ReceivePacket, Capacity: 25_600_000,
		},
		{
			Name: "any", Transport: config.TransportATMTCP, Listen: ":2813",
			Peers: []netip.Prefix{netip.MustParsePrefix("2001:db8::/32")},
			Role:  config.RoleUser, Profile: config.ProfileUNI40, Mode: config.ModeFrame, Transmit: config.TransmitPacket, Receive: config.ReceivePacket, Capacity: 155_520_000,
		},
	}
	if diff := cmp.Diff(want, got.Links, sameConfig); diff != "" {
		t.Error(diff)
	}
	if err := got.CheckPeers(func(string) (vc.MAC, bool) { return vc.MAC{}, false }); err != nil {
		t.Errorf("links that have no interface: %v", err)
	}
}

// TestWrittenDefaults proves that writing a default out changes nothing.
func TestWrittenDefaults(t *testing.T) {
	link := "[[link]]\nname='a'\ninterface='e'\npeer='02:00:00:00:00:02'\n"
	daemon, limits := "[daemon]\n", "[limits]\n"
	pvc := "[[pvc]]\nlink='a'\nvci=100\n"
	wire := "[[pseudowire]]\nlink='a'\nvci=101\nlocal_label=16\nremote_label=17\nmode='aal5-pdu'\n"
	plain := mustParse(t, daemon+link+pvc+wire)
	for _, k := range config.Keys() {
		switch {
		case k.Required:
		case k.Section == "[daemon]":
			daemon += k.Name + " = " + k.Default + "\n"
		case k.Section == "[limits]":
			limits += k.Name + " = " + k.Default + "\n"
		case k.Section == "[[pseudowire]]":
			wire += k.Name + " = " + k.Default + "\n"
		case k.Section == "[[pvc]]":
			pvc += k.Name + " = " + k.Default + "\n"
		default:
			link += k.Name + " = " + k.Default + "\n"
		}
	}
	if diff := cmp.Diff(plain, mustParse(t, daemon+limits+link+pvc+wire), sameConfig); diff != "" {
		t.Error(diff)
	}
}

// otherCategories are the keys of a PVC that the category of the example has not.
var otherCategories = []string{"scr", "mbs", "mdcr", "receive_scr", "receive_mbs", "receive_mdcr"}

func TestExamplesAreValid(t *testing.T) {
	for _, without := range [][]string{
		{"listen", "connect"},
		{"interface", "peer", "mode", "transmit", "receive", "connect"},
		{"interface", "peer", "mode", "transmit", "receive", "listen"},
	} {
		daemon, link, pvc := "[daemon]\n", "[[link]]\n", "[hosts]\nbob = '1555'\n[[pvc]]\n"
		wire, limits := "[[pseudowire]]\n", "[limits]\n"
		for _, k := range config.Keys() {
			line := k.Name + " = " + k.Example + "\n"
			switch {
			case slices.Contains(without, k.Name):
			case k.Section == "[daemon]":
				daemon += line
			case k.Section == "[limits]":
				limits += line
			case slices.Contains(otherCategories, k.Name):
			case k.Section == "[[pvc]]":
				pvc += line
			case k.Section == "[[pseudowire]]" && k.Name == "name": // unique
			case k.Section == "[[pseudowire]]":
				wire += line
			case k.Name == "transport" && !slices.Contains(without, "listen"), k.Name == "transport" && !slices.Contains(without, "connect"):
				link += "transport = \"atmtcp\"\n"
			default:
				link += line
			}
		}
		if strings.Contains(link, "atmtcp") {
			wire = ""
		}
		mustParse(t, daemon+limits+link+pvc+wire)
	}
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.toml")
	if err := os.WriteFile(file, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(mustParse(t, whole), got, sameConfig); diff != "" {
		t.Error(diff)
	}
}

func TestLoadFailures(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big.toml")
	if err := os.WriteFile(big, []byte(strings.Repeat("#", config.MaxSize+1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path, want string
		is         error
	}{
		{filepath.Join(dir, "none.toml"), "none.toml: cannot open the configuration: no such file or directory", fs.ErrNotExist},
		{dir, ": cannot read the configuration: is a directory", nil},
		{"/dev/zero", "/dev/zero: more than 1048576 octets long; this is no configuration", nil},
		{big, "big.toml: more than 1048576 octets long; this is no configuration", nil},
	} {
		_, err := config.Load(tt.path)
		if err == nil || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("Load(%s) = %v, want ...%s", tt.path, err, tt.want)
		}
		if tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("Load(%s) = %v, which is no %v", tt.path, err, tt.is)
		}
	}
}

// TestHostileShapes feeds what could exhaust a stack or a clock: it must be refused, not survived.
func TestHostileShapes(t *testing.T) {
	for name, in := range map[string]string{
		"brackets":    "a = " + strings.Repeat("[", config.MaxSize-4),
		"braces":      "a = " + strings.Repeat("{a=", config.MaxSize/3-2),
		"nested":      "a = " + strings.Repeat("[", 9999) + strings.Repeat("]", 9999),
		"dotted":      strings.Repeat("a.", config.MaxSize/2-4) + "a = 1",
		"header":      "[" + strings.Repeat("a.", config.MaxSize/2-4) + "a]",
		"inline":      "a = " + strings.Repeat("{a=", 9999) + "1" + strings.Repeat("}", 9999),
		"bad lines":   strings.Repeat("x\n", config.MaxSize/2),
		"headers":     strings.Repeat("[a]\n", 10_000),
		"empty links": strings.Repeat("[[link]]\n", 10_000),
		"no newline":  strings.Repeat("x", config.MaxSize),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := config.Parse("f", []byte(in)); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestCheckPeers(t *testing.T) {
	c := mustParse(t, whole)
	nics := map[string]vc.MAC{"eth1": {2, 0, 0, 0, 0, 1}}
	own := func(name string) (vc.MAC, bool) { m, ok := nics[name]; return m, ok }
	if err := c.CheckPeers(own); err != nil {
		t.Errorf("no link is to ourselves, and yet: %v", err)
	}
	nics["eth1"] = vc.MAC{2, 0, 0, 0, 0, 3}
	want := `test.toml:39:8: link.peer: "02:00:00:00:00:03" is the address of eth1 on this very host; write that of the peer's NIC`
	if err := c.CheckPeers(own); err == nil || err.Error() != want {
		t.Errorf("CheckPeers:\n got %v\nwant %s", err, want)
	}
	delete(nics, "eth1")
	if err := c.CheckPeers(own); err != nil {
		t.Errorf("an interface that is not there yet: %v", err)
	}
}

// TestCellMode reads what says how cells are carried. In frame mode there is nothing of it.
func TestCellMode(t *testing.T) {
	const head = "[[link]]\nname = \"a\"\ninterface = \"e\"\npeer = \"02:00:00:00:00:02\"\n"
	for in, want := range map[string]config.Cells{
		"":                  {},
		"mode = \"cell\"\n": {Label: 32, Delay: 100 * time.Microsecond},
		"mode = \"cell\"\ncell_label = 0xffff\ncontrol_word = false\ncells_per_frame = 28\ncell_delay = \"0us\"\n": {
			Label: 65535, NoControlWord: true, PerFrame: 28,
		},
	} {
		c := mustParse(t, head+in)
		if got := c.Links[0].Cells; got != want || (c.Links[0].Mode == config.ModeCell) != (in != "") {
			t.Errorf("%s: %+v in mode %s, want %+v", in, got, c.Links[0].Mode, want)
		}
	}
}

func TestEnumStrings(t *testing.T) {
	for v, want := range map[interface{ String() string }]string{
		config.RoleAuto: "auto", config.RoleUser: "user", config.RoleNetwork: "network", config.ModeFrame: "frame", config.ModeCell: "cell",
		config.Role(0): "role(0)", config.Mode(9): "mode(9)",
		config.TransportEthernet: "ethernet", config.TransportATMTCP: "atmtcp", config.Transport(0): "transport(0)",
	} {
		if v.String() != want {
			t.Errorf("%T: %s, want %s", v, v, want)
		}
	}
}

func mustParse(t *testing.T, in string) *config.Config {
	t.Helper()
	c, err := config.Parse("test.toml", []byte(in))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func addr(t *testing.T, s string) vc.Addr {
	t.Helper()
	a, err := vc.ParseAddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func prefix(t *testing.T, s string) vc.Prefix {
	t.Helper()
	p, err := vc.ParsePrefix(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
