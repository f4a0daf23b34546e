import { expect, test } from 'vitest';
import { configHome, stateHome } from '../../src/inventory/xdg.ts';

test('the homes are those of the XDG specification', () => {
  expect(configHome({ HOME: '/home/ops' })).toBe('/home/ops/.config/sre');
  expect(stateHome({ HOME: '/home/ops' })).toBe('/home/ops/.local/state/sre');
  expect(configHome({ HOME: '/home/ops', XDG_CONFIG_HOME: '/c' })).toBe('/c/sre');
  expect(stateHome({ XDG_STATE_HOME: '/s' })).toBe('/s/sre');
});

test.for(['', 'relative'])("'%s' is ignored, as the specification says", (it) => {
  expect(stateHome({ HOME: '/home/ops', XDG_STATE_HOME: it })).toBe('/home/ops/.local/state/sre');
});

test('without a home it says what to set', () => {
  expect(() => stateHome({})).toThrow('neither XDG_STATE_HOME nor HOME is set to an absolute path');
});
