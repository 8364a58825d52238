package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"callmanager/client"
)

// roleEnv makes this program the daemon, with the arguments that the variable lists.
const roleEnv = "CMD_DAEMON_TEST_ARGS"

func TestMain(m *testing.M) {
	if args, ok := os.LookupEnv(roleEnv); ok {
		os.Exit(execute(context.Background(), strings.Split(args, " "), os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// buffer is what a daemon writes while a test reads it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// write makes a configuration.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cmd-daemon.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const oneLink = "[[link]]\nname = \"lab\"\ninterface = \"nosuchnic0\"\npeer = \"02:00:00:00:00:02\"\n"

// The exit codes, and what is said where.
func TestExecute(t *testing.T) {
	good := write(t, oneLink+"[hosts]\nbob = \"49.000000000000000000000000.020000000002.00\"\n")
	bad := write(t, oneLink+"pear = 1\n\n[daemon]\nsocket = 7\n")
	for _, tc := range []struct {
		name           string
		args           []string
		code           int
		stdout, stderr string
	}{
		{"check", []string{"check", "--config", good}, 0, good + ": 1 links, 0 PVCs, 1 hosts: ok\n", ""},
		{"check of mistakes", []string{"check", "--config", bad}, 78, "", bad + ":5:1: link.pear: .*peer.*\n" + bad + ":8:10: .*\n"},
		{"mistakes", []string{"--config", bad}, 78, "", bad + ":5:1: .*\n" + bad + ":8:10: .*\n"},
		{"no file", []string{"check", "--config", good + "x"}, 78, "", good + "x: cannot open.*no such file.*\n"},
		{"no file to run", []string{"--config", good + "x"}, 78, "", good + "x: cannot open.*\n"},
		{"a directory", []string{"check", "--config", filepath.Dir(good)}, 78, "", ".*directory.*\n"},
		{"unknown flag", []string{"--loud"}, 2, "", "cmd-daemon: unknown flag: --loud: see cmd-daemon --help\n"},
		{"unknown flag of check", []string{"check", "--loud"}, 2, "", "cmd-daemon: .*--loud.*--help\n"},
		{"unknown verb", []string{"chekc"}, 2, "", "cmd-daemon: .*chekc.*--help\n"},
		{"unknown shell", []string{"completion", "tcsh"}, 2, "", "cmd-daemon: .*\"tcsh\".*--help\n"},
		{"argument", []string{"check", "--config", good, "more"}, 2, "", "cmd-daemon: .*\"more\".*--help\n"},
		{"log level", []string{"--config", good, "--log-level", "loud"}, 2, "", "cmd-daemon: --log-level \"loud\": want debug, info, warn or error.*\n"},
		{"log level that is none of ours", []string{"--config", good, "--log-level", "fatal"}, 2, "", "cmd-daemon: --log-level.*\n"},
		{"log format", []string{"--config", good, "--log-format", "xml"}, 2, "", "cmd-daemon: --log-format \"xml\": want console or json.*\n"},
		{"version", []string{"--version"}, 0, "cmd-daemon version .+\n", ""},
		{"help", []string{"--help"}, 0, "(?s).*--config file.*check.*", ""},
	} {
		var stdout, stderr bytes.Buffer
		code := execute(t.Context(), tc.args, &stdout, &stderr)
		if code != tc.code {
			t.Errorf("%s: exit code %d, want %d", tc.name, code, tc.code)
		}
		if tc.name == "help" {
			tc.stdout = "(?s)ATM call manager daemon.*check.*--config file.*"
		}
		for _, s := range []struct{ got, want string }{{stdout.String(), tc.stdout}, {stderr.String(), tc.stderr}} {
			if !regexp.MustCompile("^" + s.want + "$").MatchString(s.got) {
				t.Errorf("%s: printed %q, want %q", tc.name, s.got, s.want)
			}
		}
	}
}

// A link to this very host is a mistake of the configuration.
func TestOwnMAC(t *testing.T) {
	var own string
	entries, _ := os.ReadDir("/sys/class/net")
	for _, e := range entries {
		mac, ok := ownMAC(e.Name())
		if ok && mac.String() != "00:00:00:00:00:00" {
			path := write(t, fmt.Sprintf("[[link]]\nname = \"self\"\ninterface = %q\npeer = %q\n", e.Name(), mac))
			var stderr bytes.Buffer
			if code := execute(t.Context(), []string{"check", "--config", path}, &stderr, &stderr); code != 78 || !strings.Contains(stderr.String(), ":4:8: link.peer: ") {
				t.Errorf("exit code %d: %s", code, stderr.String())
			}
			own = e.Name()
			break
		}
	}
	if own == "" {
		t.Log("this host has no NIC with an address to try")
	}
	if _, ok := ownMAC("nosuchnic0"); ok {
		t.Error("a NIC that there is not has an address")
	}
}

// daemonUnder runs a daemon in this process until the function that it returns is called.
func daemonUnder(t *testing.T, config string, args ...string) (log *buffer, stop func() int) {
	t.Helper()
	log = new(buffer)
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() { code <- execute(ctx, append([]string{"--config", config}, args...), log, log) }()
	return log, sync.OnceValue(func() int {
		cancel()
		return <-code
	})
}

// dial waits until a daemon serves its socket.
func dial(t *testing.T, socket string, log *buffer) *client.Conn {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		c, err := client.Dial(t.Context(), client.Options{Socket: socket})
		if err == nil {
			t.Cleanup(func() { _ = c.Close() })
			return c
		}
		if time.Now().After(end) {
			t.Fatalf("%v\n%s", err, log)
		}
	}
}

// A daemon whose NIC is absent runs and says so; a second one on its socket does not start; the end gives
// everything back.
func TestDaemon(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, or CAP_NET_RAW, for packet sockets")
	}
	systemd := listenAsSystemd(t, 0)
	socket := filepath.Join(t.TempDir(), "made", "for", "it", "cmd.sock")
	config := write(t, fmt.Sprintf("[daemon]\nsocket = %q\n%s", socket, oneLink))
	log, stop := daemonUnder(t, config, "--log-format", "json", "--log-level", "debug")
	defer stop()
	c := dial(t, socket, log)
	systemd.expect("READY=1")
	s, err := c.Status(t.Context())
	if err != nil || s.GetLinks() != 1 || s.GetLinksUp() != 0 || int(s.GetPid()) != os.Getpid() || len(s.GetHealth()) == 0 {
		t.Errorf("status %v, %v", s, err)
	}
	if !strings.Contains(s.GetHealth()[0].GetText(), "nosuchnic0") && !strings.Contains(s.GetHealth()[0].GetText(), "lab") {
		t.Errorf("health %v", s.GetHealth())
	}

	second, stopSecond := daemonUnder(t, config)
	if code := awaitCode(t, stopSecond, second, "another daemon serves this socket"); code != 1 {
		t.Errorf("a second daemon exits with %d: %s", code, second)
	}
	if _, err := c.Status(t.Context()); err != nil {
		t.Errorf("the first one: %v", err)
	}

	if code := stop(); code != 0 {
		t.Errorf("exit code %d\n%s", code, log)
	}
	systemd.expect("STOPPING=1")
	<-c.Done()
	if !strings.Contains(c.Err().Error(), "the daemon is stopping") {
		t.Errorf("clients are told %v", c.Err())
	}
	if _, err := os.Lstat(socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
	for line := range strings.Lines(log.String()) {
		var row struct{ Level, Ts, Msg string }
		if err := json.Unmarshal([]byte(line), &row); err != nil || row.Level == "" || row.Ts == "" || row.Msg == "" {
			t.Errorf("log line %q: %v", line, err)
		}
	}
	for _, msg := range []string{`"ready"`, `"stopping: releasing calls"`, `"client attached"`} {
		if strings.Count(log.String(), msg) == 0 {
			t.Errorf("the log lacks %s", msg)
		}
	}
}

// awaitCode waits until a daemon that does not start has said why, and returns its exit code.
func awaitCode(t *testing.T, stop func() int, log *buffer, words string) int {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !strings.Contains(log.String(), words); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("%q is not said: %s", words, log)
		}
	}
	return stop()
}

// What cannot be started says why and exits with 1.
func TestCannotStart(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, or CAP_NET_RAW, for packet sockets")
	}
	file := write(t, "")
	for name, socket := range map[string]string{
		"a file is in the place of the directory": file + "/cmd.sock",
		"a file is in the place of the socket":    file,
	} {
		var out bytes.Buffer
		code := execute(t.Context(), []string{"--config", write(t, fmt.Sprintf("[daemon]\nsocket = %q\n%s", socket, oneLink))}, &out, &out)
		if code != 1 || !strings.Contains(out.String(), "cmd-daemon: ") || !strings.Contains(out.String(), file) {
			t.Errorf("%s: exit code %d: %s", name, code, &out)
		}
	}
}

// Without CAP_NET_RAW the daemon says that it needs it.
func TestNoCapability(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root (CAP_SETUID) to be a user without capabilities")
	}
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(dir, "c.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[daemon]\nsocket = %q\n%s", dir+"/cmd.sock", oneLink), 0o644); err != nil {
		t.Fatal(err)
	}
	self, err := os.Open("/proc/self/exe") // others may not look where the test binary lies
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = self.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/fd/3")
	cmd.Dir, cmd.ExtraFiles = "/", []*os.File{self}
	cmd.Env = append(os.Environ(), roleEnv+"=--config "+config)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != 1 || !strings.Contains(string(out), "the daemon needs CAP_NET_RAW") {
		t.Errorf("%v: %s", err, out)
	}
}

// The lines of the log for people.
func TestConsoleLog(t *testing.T) {
	var out bytes.Buffer
	log, err := newLogger("info", "console", &out)
	if err != nil {
		t.Fatal(err)
	}
	log.Debug("unseen")
	log.Warn("seen", zap.String("link", "lab"))
	if !regexp.MustCompile(`^\d{4}-\d\d-\d\dT[0-9:.]+[+-]?[0-9Z]*\tWARN\tseen\t\{"link": "lab"\}\n$`).MatchString(out.String()) {
		t.Errorf("logged %q", &out)
	}
	out.Reset()
	for range 5000 {
		log.Info("often")
	}
	if n := strings.Count(out.String(), "often"); n < sampleFirst || n > 1000 {
		t.Errorf("%d of 5000 lines are written", n)
	}
}
