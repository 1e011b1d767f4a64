package main

import (
	"fmt"
	"io"

	runtimev1alpha1 "cosmossdk.io/api/cosmos/app/runtime/v1alpha1"
	appv1alpha1 "cosmossdk.io/api/cosmos/app/v1alpha1"
	authmodulev1 "cosmossdk.io/api/cosmos/auth/module/v1"
	authzmodulev1 "cosmossdk.io/api/cosmos/authz/module/v1"
	bankmodulev1 "cosmossdk.io/api/cosmos/bank/module/v1"
	consensusmodulev1 "cosmossdk.io/api/cosmos/consensus/module/v1"
	distributionmodulev1 "cosmossdk.io/api/cosmos/distribution/module/v1"
	feegrantmodulev1 "cosmossdk.io/api/cosmos/feegrant/module/v1"
	govmodulev1 "cosmossdk.io/api/cosmos/gov/module/v1"
	mintmodulev1 "cosmossdk.io/api/cosmos/mint/module/v1"
	slashingmodulev1 "cosmossdk.io/api/cosmos/slashing/module/v1"
	stakingmodulev1 "cosmossdk.io/api/cosmos/staking/module/v1"
	txconfigv1 "cosmossdk.io/api/cosmos/tx/config/v1"
	vestingmodulev1 "cosmossdk.io/api/cosmos/vesting/module/v1"
	"cosmossdk.io/core/appconfig"
	"cosmossdk.io/depinject"
	"cosmossdk.io/log"
	"cosmossdk.io/x/feegrant"
	_ "cosmossdk.io/x/feegrant/module" // registers the module
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	_ "github.com/cosmos/cosmos-sdk/x/auth" // registers the module
	_ "github.com/cosmos/cosmos-sdk/x/auth/tx/config"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	_ "github.com/cosmos/cosmos-sdk/x/auth/vesting"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	_ "github.com/cosmos/cosmos-sdk/x/authz/module"
	_ "github.com/cosmos/cosmos-sdk/x/bank"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	_ "github.com/cosmos/cosmos-sdk/x/consensus"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	_ "github.com/cosmos/cosmos-sdk/x/distribution"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	_ "github.com/cosmos/cosmos-sdk/x/gov"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	_ "github.com/cosmos/cosmos-sdk/x/mint"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	_ "github.com/cosmos/cosmos-sdk/x/slashing"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	_ "github.com/cosmos/cosmos-sdk/x/staking"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	"github.com/cosmos/gogoproto/proto"
)

// parts are what the wiring gives: the application and the codecs that the commands need.
type parts struct {
	app      *runtime.App
	codec    codec.Codec
	registry codectypes.InterfaceRegistry
	amino    *codec.LegacyAmino
	txConfig client.TxConfig
	basics   module.BasicManager
}

// build wires the modules. The ante handler is the SDK's own, as it is on Akash.
func build(
	logger log.Logger, db dbm.DB, trace io.Writer, options servertypes.AppOptions,
	baseOptions ...func(*baseapp.BaseApp),
) (parts, error) {
	var (
		made    parts
		builder *runtime.AppBuilder
	)
	config := depinject.Configs(appconfig.Compose(modules()), depinject.Supply(logger, options))
	err := depinject.Inject(config, &builder, &made.codec, &made.registry, &made.amino,
		&made.txConfig, &made.basics)
	if err != nil {
		return parts{}, fmt.Errorf("cannot wire the modules: %w", err)
	}
	made.app = builder.Build(db, trace, baseOptions...)
	return made, nil
}

// modules is the chain: which modules, in which order their blocks and genesis run.
func modules() *appv1alpha1.Config {
	genesis := []string{
		authtypes.ModuleName, banktypes.ModuleName, distrtypes.ModuleName, stakingtypes.ModuleName,
		slashingtypes.ModuleName, govtypes.ModuleName, minttypes.ModuleName, feegrant.ModuleName,
		authz.ModuleName, vestingtypes.ModuleName, consensustypes.ModuleName,
	}
	return &appv1alpha1.Config{Modules: []*appv1alpha1.ModuleConfig{
		part("runtime", &runtimev1alpha1.Module{
			AppName: program,
			// The accounts' module forgets expired nonces of unordered transactions before each block.
			PreBlockers: []string{authtypes.ModuleName},
			BeginBlockers: []string{
				minttypes.ModuleName, distrtypes.ModuleName, slashingtypes.ModuleName,
				stakingtypes.ModuleName, authz.ModuleName,
			},
			EndBlockers:       []string{govtypes.ModuleName, stakingtypes.ModuleName, feegrant.ModuleName},
			InitGenesis:       genesis,
			ExportGenesis:     genesis,
			OverrideStoreKeys: []*runtimev1alpha1.StoreKeyConfig{{ModuleName: authtypes.ModuleName, KvStoreKey: "acc"}},
		}),
		part(authtypes.ModuleName, &authmodulev1.Module{
			Bech32Prefix: prefix,
			ModuleAccountPermissions: []*authmodulev1.ModuleAccountPermission{
				{Account: authtypes.FeeCollectorName},
				{Account: distrtypes.ModuleName},
				{Account: minttypes.ModuleName, Permissions: []string{authtypes.Minter}},
				{Account: stakingtypes.BondedPoolName, Permissions: []string{authtypes.Burner, stakingtypes.ModuleName}},
				{Account: stakingtypes.NotBondedPoolName, Permissions: []string{authtypes.Burner, stakingtypes.ModuleName}},
				{Account: govtypes.ModuleName, Permissions: []string{authtypes.Burner}},
			},
			// As on Akash: a transaction may name a time limit instead of a sequence.
			EnableUnorderedTransactions: true,
		}),
		part(vestingtypes.ModuleName, &vestingmodulev1.Module{}),
		// No list of blocked addresses: the module then blocks every module account, as Akash does.
		part(banktypes.ModuleName, &bankmodulev1.Module{}),
		part(stakingtypes.ModuleName, &stakingmodulev1.Module{
			Bech32PrefixValidator: prefix + "valoper",
			Bech32PrefixConsensus: prefix + "valcons",
		}),
		part(slashingtypes.ModuleName, &slashingmodulev1.Module{}),
		part(distrtypes.ModuleName, &distributionmodulev1.Module{}),
		part(minttypes.ModuleName, &mintmodulev1.Module{}),
		part(govtypes.ModuleName, &govmodulev1.Module{}),
		part(consensustypes.ModuleName, &consensusmodulev1.Module{}),
		part(authz.ModuleName, &authzmodulev1.Module{}),
		part(feegrant.ModuleName, &feegrantmodulev1.Module{}),
		part("tx", &txconfigv1.Config{}),
	}}
}

// part is one module with its configuration.
func part(name string, config proto.Message) *appv1alpha1.ModuleConfig {
	return &appv1alpha1.ModuleConfig{Name: name, Config: appconfig.WrapAny(config)}
}
