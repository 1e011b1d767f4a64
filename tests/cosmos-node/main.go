// The program cosmos-node runs a chain of the published Cosmos SDK and CometBFT: a real counterpart
// for the project's transaction bytes, reply readers, light client and store proofs.
//
// It is not Akash. It has the modules that Akash shares with every chain of that SDK (accounts with
// unordered transactions, vesting, bank, authz, fee grants, staking and what goes with it) and none of
// Akash's own: no deployment, market, escrow, mint of ACT or oracle. Address prefix and coin names are
// Akash's, so that the bytes under test are the bytes that Akash would get.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"cosmossdk.io/log"
	cmtcfg "github.com/cometbft/cometbft/config"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/server"
	servercmd "github.com/cosmos/cosmos-sdk/server/cmd"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/version"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"
	"github.com/spf13/cobra"
)

const (
	// program names the process, its folder and its environment variables.
	program = "cosmos-node"
	// prefix is the human-readable part of account addresses.
	prefix = "akash"
	// baseDenom pays fees and is staked.
	baseDenom = "uakt"
	// coinType is the number of the coin in key derivation paths.
	coinType = 118
)

func main() {
	// DefaultBondDenom decides what the default genesis stakes and mints.
	sdk.DefaultBondDenom = baseDenom
	config := sdk.GetConfig()
	config.SetBech32PrefixForAccount(prefix, prefix+"pub")
	config.SetBech32PrefixForValidator(prefix+"valoper", prefix+"valoperpub")
	config.SetBech32PrefixForConsensusNode(prefix+"valcons", prefix+"valconspub")
	config.SetCoinType(coinType)
	config.Seal()

	home := os.TempDir() + "/" + program
	if err := servercmd.Execute(rootCommand(home), "COSMOS_NODE", home); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// rootCommand offers what a test needs: init, genesis validation, start, and CometBFT's own commands.
func rootCommand(home string) *cobra.Command {
	// A throw-away application knows the codecs and the default genesis; it opens nothing on disk.
	parts, err := build(log.NewNopLogger(), dbm.NewMemDB(), nil, noOptions{})
	if err != nil {
		panic(err)
	}
	base := client.Context{}.
		WithCodec(parts.codec).
		WithInterfaceRegistry(parts.registry).
		WithLegacyAmino(parts.amino).
		WithTxConfig(parts.txConfig).
		WithInput(os.Stdin).
		WithHomeDir(home).
		WithViper("COSMOS_NODE")

	root := &cobra.Command{
		Use:           program,
		Short:         "A single chain of the Cosmos SDK for conformance tests",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			context, err := client.ReadPersistentCommandFlags(base, cmd.Flags())
			if err != nil {
				return err
			}
			if err := client.SetCmdClientContextHandler(context, cmd); err != nil {
				return err
			}
			return server.InterceptConfigsPreRunHandler(cmd, serverconfig.DefaultConfigTemplate,
				serverconfig.DefaultConfig(), cmtcfg.DefaultConfig())
		},
	}
	root.AddCommand(
		genutilcli.InitCmd(parts.basics, home),
		genutilcli.ValidateGenesisCmd(parts.basics),
	)
	server.AddCommands(root, home, newApplication, noExport, func(*cobra.Command) {})
	version.AppName = program
	return root
}

// newApplication is what `start` runs.
func newApplication(
	logger log.Logger, db dbm.DB, trace io.Writer, options servertypes.AppOptions,
) servertypes.Application {
	parts, err := build(logger, db, trace, options, server.DefaultBaseappOptions(options)...)
	if err != nil {
		panic(err)
	}
	if err := parts.app.Load(true); err != nil {
		panic(err)
	}
	return parts.app
}

// noExport answers the export command: a chain that lives for one test exports nothing.
func noExport(
	log.Logger, dbm.DB, io.Writer, int64, bool, []string, servertypes.AppOptions, []string,
) (servertypes.ExportedApp, error) {
	return servertypes.ExportedApp{}, errors.New("cosmos-node does not export its state")
}

// noOptions are the options of the throw-away application: none.
type noOptions struct{}

// Get answers that nothing was set.
func (noOptions) Get(string) any { return nil }
