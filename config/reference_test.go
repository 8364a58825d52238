package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/config"
)

// TestReferenceInDoc holds the table of keys in doc.go in step with the schema.
func TestReferenceInDoc(t *testing.T) {
	b, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	if want := config.Reference(); !strings.Contains(string(b), want) {
		t.Errorf("the reference in doc.go is stale; it must read\n%s", want)
	}
}

// example is the file that the package installs.
func example(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "deploy", "cmd-daemon.toml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestExampleParses(t *testing.T) {
	c := mustParse(t, example(t))
	if len(c.Links) != 0 {
		t.Errorf("the installed file has %d links; nobody has the NIC of an example", len(c.Links))
	}
}

// setting matches a key that is commented out: "#key = value", without a blank as prose has.
var setting = regexp.MustCompile(`(?m)^#(\[.*|[\w"].*=.*)$`)

// TestExampleUncommented proves that every line of the example is right once its # is gone.
func TestExampleUncommented(t *testing.T) {
	c := mustParse(t, setting.ReplaceAllString(example(t), "$1"))
	if len(c.Links) == 0 || len(c.Hosts) == 0 {
		t.Errorf("the example shows %d links and %d hosts", len(c.Links), len(c.Hosts))
	}
}

// TestExampleIsComplete proves that the example names each key once per table, the optional ones
// with their default, and no other.
func TestExampleIsComplete(t *testing.T) {
	lines := strings.Split(setting.ReplaceAllString(example(t), "$1"), "\n")
	key := regexp.MustCompile(`^(\w+) = (.*)$`)
	var header string
	got := map[string]string{}
	for _, line := range lines {
		if strings.HasPrefix(line, "[") {
			header = line
			continue
		}
		if m := key.FindStringSubmatch(line); m != nil && header != "[hosts]" {
			got[header+m[1]] = m[2]
		}
	}
	want := map[string]string{}
	for _, k := range config.Keys() {
		want[k.Section+k.Name] = k.Default
		if k.Required {
			want[k.Section+k.Name] = k.Example
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNearest(t *testing.T) {
	words := []string{"name", "interface", "peer", "role", "mode", "capacity", "prefixes"}
	for in, want := range map[string]string{
		"intrface": "interface", "iface": "", "intrefcae": "interface", "per": "peer", "pere": "peer", "roles": "role",
		"prefix": "prefixes", "cap": "", "x": "", "": "", "NAME": "name", "mod": "mode", strings.Repeat("name", 999): "",
	} {
		if got, _ := config.Nearest(in, words); got != want {
			t.Errorf("nearest to %.20q is %q, want %q", in, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"abc", "abc", 0},
		{"abc", "abd", 1},
		{"abc", "acb", 1},
		{"abc", "ab", 1},
		{"kitten", "sitting", 3},
		{"ca", "abc", 3},
		{"flaw", "lawn", 2},
	} {
		if got := config.Distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := config.Distance(tt.b, tt.a); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.b, tt.a, got, tt.want)
		}
	}
}

func ExampleParse() {
	_, err := config.Parse("cmd-daemon.toml", []byte(`
[[link]]
name = "lab"
intrface = "eth1"
interface = "eth1"
peer = "ff:ff:ff:ff:ff:ff"
`))
	fmt.Println(err)
	// Output:
	// cmd-daemon.toml:4:1: link.intrface: unknown key in [[link]]; did you mean "interface"?
	// cmd-daemon.toml:6:8: link.peer: "ff:ff:ff:ff:ff:ff" is a group address or zero, not a single station's; write that of the peer's NIC, as "ip link" shows it there
}
