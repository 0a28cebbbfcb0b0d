import type { z } from 'zod'
import type { ListedCase } from '../core/component-case.js'
import { analyticsConfig } from './analytics/config.js'
import { backtestingConfig } from './backtesting/config.js'
import { collateralConfig } from './collateral/config.js'
import { enhancedVpinConfig } from './enhanced-vpin/config.js'
import { factorConfig } from './factor/config.js'
import { featuresConfig } from './features/config.js'
import type { EngineDefinition } from './kit/define.js'
import type { hostInProcess as HostInProcess } from './kit/in-process.js'
import { marketDataConfig } from './market-data/config.js'
import { matchingConfig } from './matching/config.js'
import { mlConfig } from './ml/config.js'
import { orderGatewayConfig } from './order-gateway/config.js'
import { portfolioConfig } from './portfolio/config.js'
import { riskConfig } from './risk/config.js'
import { signalsConfig } from './signals/config.js'
import { strategyConfig } from './strategy/config.js'
import { vpinConfig } from './vpin/config.js'
import { websocketConfig } from './websocket/config.js'

// What those above engines/ may know of the kit: what a plan hands over to an engine process.
export type { HandOver } from './kit/hand-over.js'
export type { HostedEngines } from './kit/in-process.js'

/** Runs engines in the calling thread, on its in-process hub; resolves when all of them listen. */
export const hostInProcess: typeof HostInProcess = async (...parts) =>
  (await import('./kit/in-process.js')).hostInProcess(...parts)

/** A shipped engine: its settings schema, and its service, loaded only where it runs or is planned. */
export type CatalogEntry = {
  readonly config: z.ZodType
  readonly load: () => Promise<EngineDefinition>
  /** It only observes: no message waits for it, so no time is spent there, and its copies would tell the same again. */
  readonly beside?: true
  /** It keeps tables, where the profile has a store: it starts after that. What it keeps, its definition tells. */
  readonly stores?: true
  /** HTTP port where the profile names none; without it a free one is taken. */
  readonly port?: number
}

/**
 * Every shipped engine in the order in which a tick meets them, then those beside its way, which only observe. Adding one is
 * adding a folder and a line.
 */
export const catalog: Readonly<Record<string, CatalogEntry>> = {
  'market-data': {
    config: marketDataConfig,
    load: async () => (await import('./market-data/service.js')).marketDataEngine,
  },
  signals: { config: signalsConfig, load: async () => (await import('./signals/service.js')).signalsEngine },
  strategy: { config: strategyConfig, load: async () => (await import('./strategy/service.js')).strategyEngine },
  risk: { config: riskConfig, load: async () => (await import('./risk/service.js')).riskEngine },
  'order-gateway': {
    config: orderGatewayConfig,
    load: async () => (await import('./order-gateway/service.js')).orderGatewayEngine,
    stores: true,
  },
  matching: {
    config: matchingConfig,
    load: async () => (await import('./matching/service.js')).matchingEngine,
    stores: true,
  },
  features: {
    config: featuresConfig,
    load: async () => (await import('./features/service.js')).featuresEngine,
    beside: true,
  },
  portfolio: {
    config: portfolioConfig,
    load: async () => (await import('./portfolio/service.js')).portfolioEngine,
    beside: true,
  },
  analytics: {
    config: analyticsConfig,
    load: async () => (await import('./analytics/service.js')).analyticsEngine,
    beside: true,
  },
  factor: { config: factorConfig, load: async () => (await import('./factor/service.js')).factorEngine, beside: true },
  vpin: {
    config: vpinConfig,
    load: async () => (await import('./vpin/service.js')).vpinEngine,
    beside: true,
    // MB2 names this port and that of websocket. Of two systems on one host, one sets `port: 0`.
    port: 10_000,
  },
  'enhanced-vpin': {
    config: enhancedVpinConfig,
    load: async () => (await import('./enhanced-vpin/service.js')).enhancedVpinEngine,
    beside: true,
  },
  collateral: {
    config: collateralConfig,
    load: async () => (await import('./collateral/service.js')).collateralEngine,
    beside: true,
  },
  ml: { config: mlConfig, load: async () => (await import('./ml/service.js')).mlEngine, beside: true },
  backtesting: {
    config: backtestingConfig,
    load: async () => (await import('./backtesting/service.js')).backtestingEngine,
    beside: true,
  },
  websocket: {
    config: websocketConfig,
    load: async () => (await import('./websocket/service.js')).websocketEngine,
    beside: true,
    port: 8_600,
  },
}

/** Whether it is a shipped engine that only observes; false for any other name. */
export const isBeside = (engine: string): boolean => Object.hasOwn(catalog, engine) && catalog[engine]?.beside === true

/** The component benchmarks of engines, by name; their code is loaded only where they run. */
export const engineCases: readonly ListedCase[] = [
  {
    name: 'market-data.apply',
    variants: [''],
    load: async () => (await import('./model/level-3-cases.js')).marketDataApply,
  },
  {
    name: 'signals.update',
    variants: ['qr', 'symmetric', 'residual'],
    load: async () => (await import('./signals/cases.js')).signalsUpdate,
  },
  {
    name: 'signals.orthogonalise',
    variants: ['factorised-wasm', 'factorised-typescript', 'least-squares'],
    load: async () => (await import('./signals/cases.js')).signalsOrthogonalise,
  },
  {
    name: 'signals.z-score',
    variants: ['columns', 'rows'],
    load: async () => (await import('./signals/cases.js')).signalsZScore,
  },
  {
    name: 'strategy.decide',
    variants: [''],
    load: async () => (await import('./strategy/cases.js')).strategyDecide,
  },
  {
    name: 'risk.check',
    variants: ['cached', 'uncached'],
    load: async () => (await import('./risk/cases.js')).riskCheck,
  },
  {
    name: 'matching.execute',
    variants: [''],
    load: async () => (await import('./matching/cases.js')).matchingExecute,
  },
  {
    name: 'features.update',
    variants: ['window-100', 'window-10000'],
    load: async () => (await import('./features/cases.js')).featuresUpdate,
  },
  {
    name: 'portfolio.update',
    variants: [''],
    load: async () => (await import('./portfolio/cases.js')).portfolioUpdate,
  },
  {
    name: 'analytics.update',
    variants: [''],
    load: async () => (await import('./analytics/cases.js')).analyticsUpdate,
  },
  {
    name: 'factor.update',
    variants: ['within', 'ending'],
    load: async () => (await import('./factor/cases.js')).factorUpdate,
  },
  { name: 'vpin.report', variants: [''], load: async () => (await import('./vpin/cases.js')).vpinReport },
  {
    name: 'enhanced-vpin.report',
    variants: [''],
    load: async () => (await import('./enhanced-vpin/cases.js')).enhancedVpinReport,
  },
  {
    name: 'collateral.update',
    variants: ['taken', 'told'],
    load: async () => (await import('./collateral/cases.js')).collateralUpdate,
  },
  {
    name: 'ml.update',
    variants: ['trees', 'logistic', 'network'],
    load: async () => (await import('./ml/cases.js')).mlUpdate,
  },
  {
    name: 'ml.predict-256',
    variants: ['trees-batch', 'trees-single', 'network-batch', 'network-single'],
    load: async () => (await import('./ml/cases.js')).mlPredict,
  },
  {
    name: 'backtesting.replay',
    variants: [''],
    load: async () => (await import('./backtesting/cases.js')).backtestingReplay,
  },
  {
    name: 'websocket.publish',
    variants: ['clients-10', 'clients-100'],
    load: async () => (await import('./websocket/cases.js')).websocketPublish,
  },
  { name: 'book.add', variants: [''], load: async () => (await import('./model/cases.js')).bookAdd },
  { name: 'book.cancel', variants: [''], load: async () => (await import('./model/cases.js')).bookCancel },
  { name: 'book.execute', variants: [''], load: async () => (await import('./model/cases.js')).bookExecute },
  {
    name: 'var.historical',
    variants: ['wasm', 'typescript', 'sort'],
    load: async () => (await import('./quant/cases.js')).varHistorical,
  },
  {
    name: 'monte-carlo.paths-100k',
    variants: [
      'asset-wasm',
      'asset-typescript',
      'portfolio-10-wasm',
      'portfolio-10-typescript',
      'portfolio-10-threads',
    ],
    load: async () => (await import('./quant/cases.js')).monteCarloPaths,
  },
  {
    name: 'correlation.matrix',
    variants: ['wasm', 'typescript', 'pairwise'],
    load: async () => (await import('./quant/cases.js')).correlationOfReturns,
  },
  {
    name: 'vpin.update',
    variants: ['trade', 'bar'],
    load: async () => (await import('./quant/cases.js')).vpinUpdate,
  },
  {
    name: 'collateral.requirement',
    variants: [''],
    load: async () => (await import('./quant/cases.js')).collateralRequirement,
  },
]
