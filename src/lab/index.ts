export { createLab } from './lab.ts';
export type { Lab, LabOptions } from './lab.ts';
export { findScenario, scenarios } from './scenarios/all.ts';
export type { Scenario } from './scenarios/scenario.ts';
export { truth } from './truth.ts';
export type { Truth } from './truth.ts';
export type { Mutation, World } from './world.ts';
