import type { ReactNode } from 'react';
import { Dialog, DialogTrigger, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { Button, type ButtonProps } from './button';

interface ConfirmButtonProps {
  label: string;
  title: string;
  /** What will happen and whether it can be undone. */
  children: ReactNode;
  /** The verb on the button that does it. */
  confirm: string;
  onConfirm: () => void;
  variant?: ButtonProps['variant'];
  isPending?: boolean;
}

/** A button that asks before it does something that others feel. */
export function ConfirmButton({ label, title, children, confirm, onConfirm, variant, isPending }: ConfirmButtonProps) {
  return (
    <DialogTrigger>
      <Button variant={variant} isPending={isPending}>
        {label}
      </Button>
      <ModalOverlay className="overlay" isDismissable>
        <Modal className="modal">
          <Dialog role="alertdialog" className="dialog">
            {({ close }) => (
              <>
                <Heading slot="title">{title}</Heading>
                <div>{children}</div>
                <div className="actions">
                  <Button onPress={close} autoFocus>
                    Go back
                  </Button>
                  <Button
                    variant={variant === 'danger' ? 'danger' : 'primary'}
                    onPress={() => {
                      onConfirm();
                      close();
                    }}
                  >
                    {confirm}
                  </Button>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
