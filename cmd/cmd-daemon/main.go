package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/sys/unix"

	"callmanager/config"
)

// The exit codes.
const (
	exitFailure = 1
	exitUsage   = 2
	exitConfig  = 78 // EX_CONFIG of sysexits.h
)

// version is set by the build (-ldflags -X main.version=...); see buildVersion.
var version = ""

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM, unix.SIGINT)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute runs the command line and returns the exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cmd := rootCommand(stdout, stderr)
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	strictCompletion(cmd)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if errs, ok := errors.AsType[config.Errors](err); ok {
		for _, e := range errs {
			_, _ = fmt.Fprintln(stderr, e)
		}
		return exitConfig
	}
	_, _ = fmt.Fprintln(stderr, "cmd-daemon:", err)
	if errors.Is(err, errUsage) {
		return exitUsage
	}
	return exitFailure
}

// errUsage marks errors of the command line.
var errUsage = errors.New("see cmd-daemon --help")

// options are the flags.
type options struct {
	config       string
	logLevel     string
	logFormat    string
	controlDelay time.Duration
	cpuProfile   string
}

// rootCommand builds the command line.
func rootCommand(stdout, stderr io.Writer) *cobra.Command {
	var o options
	root := &cobra.Command{
		Use:           "cmd-daemon",
		Short:         "ATM call manager daemon for signalled virtual circuits over Ethernet",
		Version:       buildVersion(),
		Args:          noArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return runCommand(cmd.Context(), &o, stderr) },
	}
	root.PersistentFlags().StringVar(&o.config, "config", config.DefaultPath, "configuration `file`")
	root.Flags().StringVar(&o.logLevel, "log-level", "info", "lowest `level` to log: debug, info, warn, error")
	root.Flags().StringVar(&o.logFormat, "log-format", "console", "`format` of the log: console or json")
	root.Flags().DurationVar(&o.controlDelay, "test-control-delay", 0, "hold every control SDU back for this time (for tests)")
	root.Flags().StringVar(&o.cpuProfile, "test-cpu-profile", "", "`file` for a profile of the whole run, written at its end (for tests)")
	for _, name := range []string{"test-control-delay", "test-cpu-profile"} {
		_ = root.Flags().MarkHidden(name)
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: %w", err, errUsage) })
	root.AddCommand(&cobra.Command{
		Use:   "check",
		Short: "Validate the configuration and exit",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := load(o.config)
			if err == nil {
				_, err = fmt.Fprintf(stdout, "%s: %d links, %d PVCs, %d hosts: ok\n", o.config, len(cfg.Links), len(cfg.PVCs), len(cfg.Hosts))
			}
			return err
		},
	})
	return root
}

// strictCompletion makes an unknown shell a usage error; the library would print its help and succeed.
// The scripts go to the output that is set by now.
func strictCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() != "completion" {
			continue
		}
		cmd.Args = noArgs
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		for _, shell := range cmd.Commands() {
			shell.Args = noArgs
		}
	}
}

// noArgs refuses arguments, as a usage error.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s: unexpected argument %q: usage: %s: %w", cmd.CommandPath(), args[0], cmd.UseLine(), errUsage)
	}
	return nil
}

// load reads the configuration and refuses a link to this very host.
func load(path string) (*config.Config, error) {
	cfg, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	return cfg, cfg.CheckPeers(ownMAC)
}

// runCommand runs the daemon until the context ends.
func runCommand(ctx context.Context, o *options, stderr io.Writer) error {
	log, err := newLogger(o.logLevel, o.logFormat, stderr)
	if err != nil {
		return err
	}
	cfg, err := load(o.config)
	if err != nil {
		return err
	}
	defer holdBallast()()
	return profiled(o.cpuProfile, func() error { return run(ctx, cfg, o, log) })
}

// The sampling of the log: of lines of one text so many a second are written, and then each so many.
const sampleFirst, sampleThereafter = 100, 100

// newLogger builds the one logger of the process. It writes each line at once.
func newLogger(level, format string, w io.Writer) (*zap.Logger, error) {
	lvl, err := zapcore.ParseLevel(level)
	if err != nil || lvl > zapcore.ErrorLevel {
		return nil, fmt.Errorf("--log-level %q: want debug, info, warn or error: %w", level, errUsage)
	}
	ec := zap.NewProductionEncoderConfig()
	ec.EncodeTime = zapcore.ISO8601TimeEncoder
	var encoder zapcore.Encoder
	switch format {
	case "json":
		encoder = zapcore.NewJSONEncoder(ec)
	case "console":
		ec.EncodeLevel = zapcore.CapitalLevelEncoder
		encoder = zapcore.NewConsoleEncoder(ec)
	default:
		return nil, fmt.Errorf("--log-format %q: want console or json: %w", format, errUsage)
	}
	core := zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), lvl)
	core = zapcore.NewSamplerWithOptions(core, time.Second, sampleFirst, sampleThereafter)
	return zap.New(core, zap.AddStacktrace(zapcore.DPanicLevel)), nil
}

// buildVersion returns the version that the build set, or the module's.
func buildVersion() string {
	if version != "" {
		return version
	}
	if bi, ok := debug.ReadBuildInfo(); ok && bi.Main.Version != "" && bi.Main.Version != "(devel)" {
		return bi.Main.Version
	}
	return "devel"
}
