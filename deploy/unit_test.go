package deploy_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// unit is a parsed unit file: section, key, values in their order.
type unit map[string]map[string][]string

func readUnit(t *testing.T) unit {
	t.Helper()
	const path = "cmd-daemon.service"
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	u, section := unit{}, ""
	for s := bufio.NewScanner(f); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
			u[section] = map[string][]string{}
		default:
			key, value, ok := strings.Cut(line, "=")
			if !ok || section == "" {
				t.Fatalf("%s: %q is no assignment in a section", path, line)
			}
			u[section][key] = append(u[section][key], value)
		}
	}
	return u
}

// TestUnitLines fixes what the daemon and its clients rely on.
func TestUnitLines(t *testing.T) {
	service := readUnit(t)["Service"]
	for key, want := range map[string]string{
		"Type":                     "notify",
		"ExecStart":                "/usr/bin/cmd-daemon --config /etc/cmd-daemon/cmd-daemon.toml",
		"RestartPreventExitStatus": "78",
		"Restart":                  "on-failure",
		"User":                     "cmd",
		"Group":                    "cmd",
		"AmbientCapabilities":      "CAP_NET_RAW",
		"CapabilityBoundingSet":    "CAP_NET_RAW",
		"RestrictAddressFamilies":  "AF_UNIX AF_PACKET AF_NETLINK",
		"RuntimeDirectory":         "cmd-daemon",
		"RuntimeDirectoryMode":     "0750",
		"RuntimeDirectoryPreserve": "yes",
		"NoNewPrivileges":          "yes",
		"ProtectSystem":            "strict",
		"MemoryDenyWriteExecute":   "yes",
		"SystemCallArchitectures":  "native",
	} {
		if got := service[key]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s=%q, want %q", key, got, want)
		}
	}
	if len(service["WatchdogSec"]) != 1 {
		t.Errorf("WatchdogSec=%q, want one value", service["WatchdogSec"])
	}
}

// TestUnitKeepsPacketSockets refuses directives under which AF_PACKET does not work: a user
// namespace of its own has no right to the host's NICs, a network namespace of its own has no NIC.
func TestUnitKeepsPacketSockets(t *testing.T) {
	service := readUnit(t)["Service"]
	for _, key := range []string{"PrivateUsers", "PrivateNetwork", "DynamicUser", "RootImage"} {
		if got := service[key]; len(got) > 0 {
			t.Errorf("%s=%q would take the NIC away", key, got)
		}
	}
	for _, filter := range service["SystemCallFilter"] {
		if strings.HasPrefix(filter, "~") && (strings.Contains(filter, "@network-io") || strings.Contains(filter, "@ipc")) {
			t.Errorf("SystemCallFilter=%s forbids sockets or memfd", filter)
		}
	}
}

// TestUnitVerifies lets systemd read the unit. The program need not be installed for that.
func TestUnitVerifies(t *testing.T) {
	analyze := systemdAnalyze(t)
	b, err := os.ReadFile("cmd-daemon.service")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cmd-daemon.service")
	b = []byte(strings.Replace(string(b), "/usr/bin/cmd-daemon", "/bin/true", 1))
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", file).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "cmd-daemon.service") {
			t.Errorf("systemd-analyze verify: %s", line)
		}
	}
}

// TestUnitExposure bounds what systemd-analyze thinks of the hardening: 1.2 of 10 when written, of
// which 1.1 is what AF_PACKET, rtnetlink and a unix socket cost.
func TestUnitExposure(t *testing.T) {
	const most = "13" // tenths
	out, err := exec.CommandContext(t.Context(), systemdAnalyze(t), "security", "--no-pager",
		"--offline=true", "--threshold="+most, "./cmd-daemon.service").CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, out)
	}
}

// systemdAnalyze finds a program that knows --offline. A host without systemd has nothing to verify.
func systemdAnalyze(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed (Debian package systemd)")
	}
	help, err := exec.CommandContext(t.Context(), path, "--help").CombinedOutput()
	if err != nil || !strings.Contains(string(help), "--offline") {
		t.Skip("this systemd-analyze knows no --offline; systemd 250 does")
	}
	return path
}

// TestUsers compares the users that the files name with those that are made.
func TestUsers(t *testing.T) {
	made := map[string]bool{}
	for _, f := range fields(t, "sysusers.d/cmd-daemon.conf") {
		made[f[0]+" "+f[1]] = true
	}
	for _, want := range []string{"u cmd", "g cmd", "g cmd-admin"} {
		if !made[want] {
			t.Errorf("sysusers.d makes no %q", want)
		}
	}
	if made["u root"] || made["u cmd-admin"] {
		t.Errorf("sysusers.d makes too much: %v", made)
	}
}

// TestRuntimeDirectory compares tmpfiles.d with the unit, which both make the directory.
func TestRuntimeDirectory(t *testing.T) {
	service := readUnit(t)["Service"]
	want := []string{
		"d", "/run/" + service["RuntimeDirectory"][0], service["RuntimeDirectoryMode"][0],
		service["User"][0], service["Group"][0], "-",
	}
	if !slices.ContainsFunc(fields(t, "tmpfiles.d/cmd-daemon.conf"), func(f []string) bool { return slices.Equal(f, want) }) {
		t.Errorf("tmpfiles.d lacks %q", want)
	}
}

func TestSysctl(t *testing.T) {
	want := []string{"net.core.rmem_max", "=", "67108864"}
	if got := fields(t, "sysctl.d/60-cmd-daemon.conf"); len(got) != 1 || !slices.Equal(got[0], want) {
		t.Errorf("sysctl.d says %q, want %q", got, want)
	}
}

// fields returns the words of the lines that are no comments.
func fields(t *testing.T, path string) (lines [][]string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 0 && !strings.HasPrefix(f[0], "#") {
			lines = append(lines, f)
		}
	}
	return lines
}
